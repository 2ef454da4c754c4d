// Files of the server that octokey does not rewrite, made by Python's cryptography: counted, tried and named.

import Foundation
import Outside
import Testing

@Suite struct AttachmentTests {
  /// A node with attachments below `folder`: three under its key, one under another, one of odd size.
  private func node(_ folder: String = "Artifacts") async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    let script = """
      import base64, os, pathlib, sys
      sys.path.insert(0, sys.argv[1])
      from sample_store.values import Cipherer, third_key
      key = base64.b64decode(sys.argv[2])
      own, other = Cipherer(key), Cipherer(third_key(key))
      folder = pathlib.Path('\(folder)/KubernetesResourceManifests')
      (folder / 'Spaces-1/a b/\\udcff').mkdir(parents=True)
      def write(name, cipher, text):
          # By chance it would decrypt under the other key once in 255 times.
          while True:
              iv = os.urandom(16)
              sealed = cipher.seal(text, iv)
              if own.opens(iv, sealed) == (cipher is own): break
          (folder / name).write_bytes(iv + sealed)
      write('1', own, b'')
      write('Spaces-1/2', own, b'kind: Deployment\\n' * 10_000)
      write('Spaces-1/a b/\\udcff/\\udcfe', own, b'kind: Service\\n')
      write('Spaces-1/a b/other', other, b'kind: Secret\\n')
      (folder / 'odd').write_bytes(os.urandom(49))
      """
    let made = try await OctokeyProgram.runProgram(
      "python3", ["-c", script, repositoryPath + "/samples", String(key)], directory: node.folder)
    #expect(made.status == 0, "\(made.stderr)")
    return node
  }

  private static let sums = "find Artifacts -type f -print0 | sort -z | xargs -0 sha256sum"

  private func object(_ ending: Ending) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(ending.stdout.utf8)) as? [String: Any],
      "\(ending.stderr)")
  }

  private func attachments(_ report: [String: Any]) throws -> [String: Any] {
    try #require(report["attachments"] as? [String: Any], "\(report)")
  }

  @Test func theyAreCountedTriedAndLeftAsTheyAre() async throws {
    let node = try await node()
    let folder = node.folder + "/Artifacts/KubernetesResourceManifests"
    let before = try await node.shell(Self.sums)
    let sentence =
      "attachments of the server in \"\(folder)\" (5 files): octokey does not rewrite them, and a copy of the old key ("
    let trial = "3 of 5 decrypt with the old key, judged by the padding"
    let dry = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(dry.status == 0 && dry.stdout.contains("\n" + sentence), "\(dry.stdout)")
    #expect(
      dry.stdout.contains(") is needed to read them; \(trial), which a wrong key passes once"))
    let counts = try attachments(
      object(try await node.octokey("rotate-master-key", "--dry-run", "--format", "json")))
    #expect(counts["folder"] as? String == folder)
    #expect(counts["files"] as? Int == 5 && counts["examined"] as? Int == 5)
    #expect(counts["decrypted"] as? Int == 3 && counts["problem"] == nil)
    #expect(counts["notFollowed"] as? Int == 0 && counts["unreadable"] as? Int == 0)

    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(done.stdout.contains("\nAttachments:  5 files, not rewritten; \(trial)\n"), "\(done)")
    #expect(done.stdout.contains(". " + sentence))
    #expect(done.stdout.contains("before the rotation or an attachment of the server is kept"))
    let json = try #require(try node.files("rotation-report-").first { $0.hasSuffix(".json") })
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(node.text(json).utf8)) as? [String: Any])
    #expect(try attachments(report)["decrypted"] as? Int == 3)
    #expect(try #require(report["nextSteps"] as? [String]).contains { $0.hasPrefix(sentence) })
    #expect(try await node.shell(Self.sums) == before)
  }

  @Test func withoutThemNothingIsSaid() async throws {
    let node = try await SampleNode(["--documents", "30"])
    for folder in ["", "Artifacts", "Artifacts/KubernetesResourceManifests/empty"] {
      try await node.shell("mkdir -p ./\(folder)")
      let dry = try await node.octokey("rotate-master-key", "--dry-run", "--format", "json")
      #expect(try object(dry)["attachments"] == nil, "\(folder)")
    }
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0 && !done.stdout.lowercased().contains("attachment"), "\(done.stdout)")
  }

  /// What the config says, and where the folder is then, if anywhere.
  @Test(arguments: [
    (["Octopus.Folders.ArtifactsDirectory=NODE/away"], "away"),
    (["Octopus.Folders.ArtifactsDirectory=away"], "away"),
    (["Octopus.Home=away"], "away/Artifacts"), (["Octopus.Home="], "Artifacts"),
    (["Octopus.Home=NODE/gone", "Octopus.Folders.ArtifactsDirectory=NODE/away"], "away"),
  ])
  func theConfigSaysWhereTheyAre(_ settings: [String], _ folder: String) async throws {
    let node = try await node(folder)
    try await set(settings, node)
    let counts = try attachments(
      object(try await node.octokey("rotate-master-key", "--dry-run", "--format", "json")))
    #expect(counts["files"] as? Int == 5 && counts["decrypted"] as? Int == 3, "\(counts)")
    #expect(counts["folder"] as? String == "\(node.folder)/\(folder)/KubernetesResourceManifests")
  }

  @Test(arguments: [
    (
      "Octopus.Folders.ArtifactsDirectory=C:\\Octopus\\Artifacts", "C:\\Octopus\\Artifacts",
      "is a Windows path"
    ),
    (
      "Octopus.Folders.ArtifactsDirectory=\\\\server\\share", "\\\\server\\share",
      "is a Windows path"
    ),
    ("Octopus.Home=C:\\Octopus", "C:\\Octopus\\Artifacts", "is a Windows path"),
    ("Octopus.Home=D:/Octopus", "D:/Octopus\\Artifacts", "is a Windows path"),
    ("Octopus.Folders.ArtifactsDirectory=gone", "NODE/gone", "not found on this machine"),
    ("Octopus.Home=NODE/gone", "NODE/gone/Artifacts", "not found on this machine"),
  ])
  func whatCouldNotBeLookedAtIsSaid(_ setting: String, _ folder: String, _ reason: String)
    async throws
  {
    let node = try await SampleNode(["--documents", "30"])
    try await set([setting], node)
    let folder = folder.replacing("NODE", with: node.folder)
    let dry = try await node.octokey("rotate-master-key", "--dry-run", "--format", "json")
    let found = try attachments(object(dry))
    #expect(found["folder"] as? String == folder && found["files"] == nil, "\(found)")
    #expect((found["problem"] as? String)?.contains(reason) == true, "\(found)")
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0 && done.stdout.contains("\(reason)"), "\(done)")
    #expect(
      done.stdout.contains(
        ": if the server has attachments in \"KubernetesResourceManifests\" there, octokey"))
  }

  @Test func linksAreNotFollowedAndWhatMayNotBeReadIsSaid() async throws {
    let node = try await node()
    try await node.shell(
      """
      cd Artifacts/KubernetesResourceManifests
      mkfifo pipe; ln -s ../../octopus.db link; ln -s .. up; mkdir closed; touch closed/x
      cd ../..; chown -R 65534 . ; chmod 0 Artifacts/KubernetesResourceManifests/{closed,odd}
      cp "$OCTOKEY" program
      """)
    // Root may read everything.
    func run(_ words: String) async throws -> Ending {
      try await OctokeyProgram.runProgram(
        "setpriv",
        ["--reuid", "65534", "--clear-groups", "./program"]
          + words.split(separator: " ").map(String.init)
          + ["--config", node.config, "--machine-id-file", node.machineID], directory: node.folder)
    }
    let json = "rotate-master-key --dry-run --format json"
    let counts = try attachments(object(try await run(json)))
    #expect(counts["files"] as? Int == 5 && counts["decrypted"] as? Int == 3, "\(counts)")
    #expect(counts["examined"] as? Int == 4 && counts["unreadable"] as? Int == 2)
    #expect(counts["notFollowed"] as? Int == 3)
    let text = try await run("rotate-master-key --dry-run").stdout
    #expect(
      text.contains("; 2 files or folders cannot be read, the first: cannot open \""), "\(text)")
    #expect(text.contains("; 3 links or special files were not followed\n"), "\(text)")

    try await node.shell("chmod 0 Artifacts/KubernetesResourceManifests")
    let closed = try attachments(object(try await run(json)))
    #expect(closed["files"] == nil, "\(closed)")
    #expect((closed["problem"] as? String)?.hasSuffix("Manifests\": permission denied") == true)
    try await node.shell(
      "chmod 700 Artifacts/KubernetesResourceManifests; cd Artifacts; mv K* away; ln -s away KubernetesResourceManifests"
    )
    let linked = try attachments(object(try await run(json)))
    #expect((linked["problem"] as? String)?.contains("symbolic links") == true, "\(linked)")
  }

  @Test func ofVeryManyTheFirstAreLookedInto() async throws {
    let node = try await node()
    try await node.shell(
      """
      mkdir Artifacts/KubernetesResourceManifests/many; cd Artifacts/KubernetesResourceManifests/many
      seq -f %g 10000 | xargs touch
      """)
    let dry = try await node.octokey("rotate-master-key", "--dry-run", "--format", "json")
    let counts = try attachments(object(dry))
    #expect(counts["files"] as? Int == 10_005 && counts["examined"] as? Int == 10_000, "\(counts)")
    let text = try await node.octokey("rotate-master-key", "--dry-run").stdout
    #expect(text.contains(" of 10000 examined decrypt with the old key, "), "\(text)")
  }

  @Test func aRecoveryTellsOfThemToo() async throws {
    let node = try await node()
    try await node.interruptRotation("renameat", 1)
    let done = try await node.octokey("recover", "--format", "json")
    #expect(done.status == 0, "\(done.stderr)")
    let report = try object(done)
    #expect(try attachments(report)["files"] as? Int == 5)
    #expect(
      try #require(report["nextSteps"] as? [String]).contains {
        $0.contains("(5 files): octokey does not rewrite them")
      })
  }

  private func set(_ settings: [String], _ node: SampleNode) async throws {
    for setting in settings {
      let parts = setting.replacing("NODE", with: node.folder).split(
        separator: "=", omittingEmptySubsequences: false)
      let result =
        parts[1].isEmpty
        ? try await ConfigTests.config(node, "unset", String(parts[0]))
        : try await ConfigTests.config(node, "set", String(parts[0]), String(parts[1]))
      #expect(result.status == 0, "\(result.stderr)")
    }
  }
}
