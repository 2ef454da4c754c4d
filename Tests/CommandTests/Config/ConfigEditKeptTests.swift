// What was edited in vain is kept: beside the config, for its owner alone, and named.

import Foundation
import Outside
import Testing

@Suite struct ConfigEditKeptTests {
  /// Edits with a script that gets the copy as its argument.
  private func edit(
    _ node: SampleNode, _ script: String, prefix: String = ""
  ) async throws -> String {
    try await node.shell(
      """
      mkdir -p -m 700 run
      cat >editor <<'END'
      #!/bin/bash
      \(script)
      END
      chmod 755 editor
      VISUAL=$PWD/editor XDG_RUNTIME_DIR=$PWD/run \(prefix) "$OCTOKEY" config edit --yes \\
        --config OctopusServer.config --machine-id-file machine-id 2>&1 || echo "status $?"
      """)
  }

  private func saved(_ node: SampleNode) throws -> [String] {
    try node.files("OctopusServer.config.").filter { $0.hasSuffix(".edited") }
  }

  @Test(arguments: [
    ("sed -i 's/node-01/node-02/; $d' \"$1\"", "has problems", "status 1"),
    ("sed -i s/node-01/node-02/ \"$1\"; exit 3", "exited with code 3", "status 1"),
    ("sed -i s/node-01/node-02/ \"$1\"; kill -SEGV $$", "exited with code 139", "status 1"),
    (
      "sed -i s/node-01/node-02/ \"$1\"; kill -TERM $PPID; sleep 5", "stopped by SIGTERM",
      "status 1"
    ),
    (
      "sed -i s/node-01/node-02/ \"$1\"; echo '{}' >octokey-journal.json", "interrupted", "status 3"
    ),
    ("sed -i s/node-01/node-02/ \"$1\"; chmod 777 .", "all users", "status 1"),
    ("sed -i s/node-01/node-02/ \"$1\"; chattr +i OctopusServer.config", "immutable", "status 1"),
  ])
  func whatIsRefusedIsKept(_ script: String, _ words: String, _ status: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("chown -R 1234:2345 .; sha256sum OctopusServer.config >sum")
    let output = try await edit(node, script)
    try await node.shell("chattr -i OctopusServer.config; sha256sum -c sum")
    #expect(output.contains(words) && output.hasSuffix(status + "\n"), "\(output)")
    let name = try #require(try saved(node).first, "\(output)")
    #expect(output.contains("your edit is saved in \"\(node.folder)/\(name)\""), "\(output)")
    #expect(try node.text(name).contains("node-02"))
    #expect(try await node.shell("stat -c '%a %u %g' \(name)") == "600 1234 2345\n")
    // The copy that the editor worked on is gone.
    #expect(try await node.shell("ls -A run") == "")
  }

  /// Where nothing can be written beside the config the copy stays, and no later edit removes it.
  @Test func whereItCannotBeSavedTheCopyStays() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      cat >script <<'END'
      mkdir -m 700 run sub; mv OctopusServer.config sub
      printf '#!/bin/sh\\nsed -i s/node-01/node-02/ "$1"; mount -o remount,ro,bind sub\\n' >editor
      chmod 755 editor; mount --bind sub sub
      edit() { VISUAL=$1 XDG_RUNTIME_DIR=$PWD/run "$OCTOKEY" config edit --yes \
        --config sub/OctopusServer.config --machine-id-file machine-id 2>&1 || echo "status $?"; }
      edit $PWD/editor; mount -o remount,rw,bind sub; edit true
      grep -l node-02 run/octokey-kept-*/OctopusServer.config; ls run | wc -l
      END
      unshare -m bash -eu script
      """)
    let path = try #require(output.firstMatch(of: /your edit is saved in "([^"]*)"/), "\(output)").1
    #expect(path.contains("/run/octokey-kept-"), "\(output)")
    #expect(output.contains("cannot be saved beside the config"), "\(output)")
    #expect(output.hasSuffix("1\n") && output.contains("unchanged"), "\(output)")
  }

  @Test func whatIsUnchangedOrGoneIsNotKept() async throws {
    let node = try await SampleNode(["--documents", "30"])
    for script in ["exit 3", "rm \"$1\"", "rm \"$1\"; ln -s /etc/passwd \"$1\"", "exit 0"] {
      let output = try await edit(node, script)
      #expect(try saved(node).isEmpty && !output.contains("your edit"), "\(output)")
    }
  }

  /// A killed octokey leaves its copy; the next edit removes it, unless an editor is still at work on it.
  @Test func copiesOfKilledRunsDoNotPileUp() async throws {
    let node = try await SampleNode(["--documents", "30"])
    _ = try await edit(node, "echo $$ >pid; kill -KILL $PPID; exec sleep 600 <&- >&- 2>&-")
    let first = try await node.shell("ls run")
    #expect(first.split(separator: "\n").count == 1, "\(first)")
    // Its editor is at work.
    _ = try await edit(node, "exit 0")
    #expect(try await node.shell("ls run") == first)
    try await node.shell("kill $(cat pid); sleep 0.5")
    let last = try await edit(node, "exit 0")
    #expect(last.contains("unchanged"), "\(last)")
    #expect(try await node.shell("ls -A run") == "")
  }
}
