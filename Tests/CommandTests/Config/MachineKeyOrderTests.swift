// The server tries the machine-id first and takes whatever passes the padding check. What octokey writes is
// read with openssl in that order; a key that the server would misread is found in the test.

import Foundation
import Outside
import Testing

@Suite struct MachineKeyOrderTests {
  /// Shell functions: `server` prints what the server reads as the Master Key of the node in the present folder.
  private static let functions = """
    hex() { od -An -v -tx1 | tr -d ' \\n'; }
    file() { cut -d. -f$1 machinekey | base64 -d | hex; }
    id() { head -n 1 machine-id | tr -d '\\n' | hex; }
    vector=$(printf 743677397A244326 | hex)
    server() {
      xmllint --xpath "string(//set[@key='${1:-Octopus.Storage.MasterKey}'])" OctopusServer.config |
        base64 -d >value
      { [ "$(id | wc -c)" = 64 ] &&
        openssl enc -d -aes-256-cbc -K $(id) -iv $vector -in value -out plain 2>/dev/null; } ||
        openssl enc -d -aes-256-cbc -K $(file 1) -iv $(file 2) -in value -out plain
      cat plain
    }
    put() { sed -i 's|\\(MasterKey">\\)[^<]*|\\1'"$1|" OctopusServer.config; }

    """

  /// A node with both machine keys whose Master Key is protected with the machinekey file.
  ///
  /// - Parameter misread: whether the machine-id passes the padding check, too.
  private func node(misread: Bool) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    // The machinekey file is searched for: the key must open the store.
    let search = """
      import base64, os, sys
      sys.path.insert(0, sys.argv[1])
      from sample_store.values import Cipherer
      server = Cipherer(open('machine-id', 'rb').read(32))
      while True:
          key, vector = os.urandom(32), os.urandom(16)
          value = Cipherer(key).seal(b'"' + sys.argv[2].encode() + b'"', vector)
          if server.opens(b'743677397A244326', value) == (sys.argv[3] == 'true'): break
      os.umask(0o077)
      with open('machinekey', 'xb') as file:
          file.write(base64.b64encode(key) + b'.' + base64.b64encode(vector) + b'\\n')
      print(base64.b64encode(value).decode())
      """
    let found = try await OctokeyProgram.runProgram(
      "python3", ["-c", search, repositoryPath + "/samples", String(key), String(misread)],
      directory: node.folder)
    #expect(found.status == 0, "\(found.stderr)")
    try await node.shell(Self.functions + "put '\(found.stdout.dropLast())'")
    return node
  }

  private func serverReads(_ node: SampleNode) async throws -> String {
    try await node.shell(Self.functions + "server")
  }

  @Test(arguments: ["rotate-master-key", "set-master-key", "config set"])
  func whatIsWrittenIsProtectedWithTheMachineID(_ command: String) async throws {
    let node = try await node(misread: false)
    let new = try await node.shell("openssl rand -base64 32 | tee new.key; chmod 600 new.key")
    let key = node.folder + "/new.key"
    let result =
      switch command {
      case "rotate-master-key":
        try await node.octokey(
          "rotate-master-key", "--yes", "--i-have-backed-up-my-database", "--new-key-file", key)
      case "set-master-key":
        try await node.octokey("set-master-key", "--key-file", key, "--no-store-check")
      default:
        try await ConfigTests.config(node, "set", "Octopus.Storage.MasterKey", "--value-file", key)
      }
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await serverReads(node) == "\"\(new.dropLast())\"")
    let check = try await ConfigTests.config(node, "check")
    #expect(
      check.stdout.contains("\"Octopus.Storage.MasterKey\" decrypts with \"\(node.machineID)\""))
  }

  /// `config check` names the fault, and the command line in its hint mends it.
  @Test func aKeyThatTheServerMisreadsIsNamedAndMended() async throws {
    let node = try await node(misread: true)
    let key = try await node.octokey("show-master-key")
    #expect(try await serverReads(node) != "\"\(key.stdout.dropLast())\"")
    #expect(key.stderr.contains("the server cannot read this key"), "\(key.stderr)")
    let check = try await ConfigTests.config(node, "check", "--format", "json")
    #expect(check.status == 2)
    let faults = try #require(try ConfigTests.object(check)["faults"] as? [[String: Any]])
    #expect(faults.map { $0["kind"] as? String } == ["misreadByServer"], "\(check.stdout)")
    let hint = try #require(faults[0]["hint"] as? String)
    #expect(!hint.contains(key.stdout.dropLast()))
    #expect(key.stderr.contains(hint), "both hints are the same")
    let text = try await node.shell("exec 2>&1; \(hint)")
    #expect(text.contains("changed Octopus.Storage.MasterKey"), "\(text)")
    #expect(try await serverReads(node) == "\"\(key.stdout.dropLast())\"")
    let after = try await ConfigTests.config(node, "check")
    #expect(after.status == 0, "\(after.stdout)")
    let again = try await node.shell("exec 2>&1; \(hint)")
    #expect(again.contains("unchanged"), "\(again)")
  }

  @Test func setMasterKeyMendsIt() async throws {
    let node = try await node(misread: true)
    let key = try await node.octokey("show-master-key").stdout
    let set = try await node.octokey("set-master-key", "--key-file", "-", input: key)
    #expect(
      set.status == 0 && set.stdout.contains("changed") && !set.stdout.contains("unchanged"),
      "\(set.stdout)\(set.stderr)")
    #expect(try await serverReads(node) == "\"\(key.dropLast())\"")
  }

  /// The first source fails for the server as well, so that the second one is right.
  @Test(arguments: [": >machine-id", "echo uninitialized >machine-id", "rm machine-id"])
  func withoutAValidMachineIDTheFileCounts(_ script: String) async throws {
    let node = try await node(misread: false)
    try await node.shell(script)
    let new = try await node.shell("openssl rand -base64 16")
    let set = try await node.octokey(
      "set-master-key", "--key-file", "-", "--no-store-check", input: new)
    #expect(set.status == 0, "\(set.stderr)")
    let read = try await node.shell(Self.functions + "touch machine-id; server")
    #expect(read == "\"\(new.dropLast())\"")
  }

  /// A machine key that cannot be read is not a missing one.
  @Test(arguments: ["machine-id", "machinekey"])
  func whatCannotBeReadLeadsToNoOtherKey(_ name: String) async throws {
    let node = try await node(misread: false)
    try await node.shell("rm \(name); mkdir \(name); sha256sum OctopusServer.config >before")
    for arguments in [
      ["config", "set", "Octopus.Storage.MasterKey", "-"],
      ["config", "set", "Octopus.Proxy.ProxyPassword", "-"],
    ] {
      let set = try await ConfigTests.run(
        node, Array(arguments.dropFirst()), input: "AAECAwQFBgcICQoLDA0ODw==\n")
      #expect(set.status == 1 && set.stderr.contains("/\(name)\""), "\(set.stderr)")
    }
    let set = try await node.octokey(
      "set-master-key", "--key-file", "-", "--no-store-check", input: "AAECAwQFBgcICQoLDA0ODw==\n")
    #expect(set.status == 1, "\(set.stderr)")
    try await node.shell("sha256sum -c before")
  }

  /// The form of a newer server is neither read nor replaced, and `config unset` is the way out.
  @Test func theFormOfANewerServerIsRefusedByName() async throws {
    let node = try await node(misread: false)
    let key = try await node.octokey("show-master-key").stdout
    try await node.shell(
      Self.functions
        + "put '$OctopusMachineKeyV1$'$(openssl rand -base64 64 | tr -d '\\n' | tr / _); cp OctopusServer.config before"
    )
    let commands: [[String]] = [
      ["show-master-key"], ["rotate-master-key", "--yes", "--i-have-backed-up-my-database"],
      ["set-master-key", "--key-file", "-"], ["config", "set", "Octopus.Storage.MasterKey", "-"],
      ["config", "get", "Octopus.Storage.MasterKey", "--reveal"],
    ]
    for command in commands {
      let result = try await OctokeyProgram.run(
        command + [
          "--config", node.config, "--machine-id-file", node.machineID, "--machine-key-file",
          node.folder + "/machinekey",
        ], input: key)
      #expect(result.status == 1, "\(command): \(result.stdout)\(result.stderr)")
      #expect(
        result.stderr.contains("$OctopusMachineKeyV1$ (AES-256-GCM)"),
        "\(command): \(result.stderr)")
      try await node.shell("cmp before OctopusServer.config")
    }
    let check = try await ConfigTests.config(node, "check")
    #expect(
      check.status == 2 && check.stdout.contains("$OctopusMachineKeyV1$ (AES-256-GCM)"),
      "\(check.stdout)")
    let list = try await ConfigTests.config(node, "list", "--reveal")
    #expect(list.status == 2 && list.stdout.contains("MasterKey = <protected with $OctopusM"))
    let unset = try await ConfigTests.config(node, "unset", "Octopus.Storage.MasterKey", "--yes")
    #expect(unset.status == 0)
    let set = try await node.octokey("set-master-key", "--key-file", "-", input: key)
    #expect(set.status == 0, "\(set.stderr)")
    #expect(try await serverReads(node) == "\"\(key.dropLast())\"")
  }

  /// Containers of one image share the machine-id: the Master Key decrypts at both places, and another
  /// secret, which is under the other machine key, does not.
  @Test func aTransferProtectsEachSettingOnItsOwn() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    // The proxy's password as a server writes it that has no machine-id yet.
    let machineKey =
      "umask 077; echo $(openssl rand -base64 32).$(openssl rand -base64 16) >machinekey"
    try await node.shell("mv machine-id id-of-the-image; \(machineKey)")
    let proxy = try await ConfigTests.config(
      node, "set", "Octopus.Proxy.ProxyPassword", "-", input: "tell-nobody")
    #expect(proxy.status == 0, "\(proxy.stderr)")
    try await node.shell("mv id-of-the-image machine-id")
    #expect(try await serverReads(node) == "\"\(key)\"")
    let made = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
    #expect(made.status == 0, "\(made.stderr)")
    try await node.shell("rm octopus.db machinekey; \(machineKey)")
    let restored = try await OctokeyProgram.run([
      "backup", "restore", node.folder + "/backup", "--overwrite", "--machine-id-file",
      node.machineID, "--machine-key-file", node.folder + "/machinekey",
    ])
    #expect(restored.status == 0, "\(restored.stdout)\(restored.stderr)")
    let opened = try await ConfigTests.config(
      node, "get", "Octopus.Proxy.ProxyPassword", "--reveal")
    #expect(opened.stdout == "tell-nobody\n", "\(opened.stderr)")
    let read = try await node.shell(Self.functions + "server Octopus.Proxy.ProxyPassword")
    #expect(read == "tell-nobody")
  }
}
