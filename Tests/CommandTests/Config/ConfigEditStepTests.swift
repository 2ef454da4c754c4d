// Around an edit: simultaneous edits, copies, plain users, an interrupted rotation.

import Foundation
import Outside
import Testing

@Suite struct ConfigEditStepTests {
  @Test func eightAtOnceLoseNothing() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      for process in 1 2 3 4 5 6 7 8; do
        for round in 1 2 3; do
          "$OCTOKEY" config set "Octopus.Test.Key$process.Round$round" "$process-$round" \\
            --config OctopusServer.config >/dev/null 2>errors-$process
        done &
        pids="${pids-} $!"
      done
      for pid in $pids; do wait "$pid"; done
      """)
    let values = try await node.shell(
      """
      for process in 1 2 3 4 5 6 7 8; do
        for round in 1 2 3; do
          xmllint --xpath "string(//set[@key='Octopus.Test.Key$process.Round$round'])" \\
            OctopusServer.config
        done
      done
      """)
    let expected = (1...8).flatMap { process in (1...3).map { "\(process)-\($0)\n" } }.joined()
    #expect(values == expected)
    #expect(try node.files("octokey.lock") == [] && node.files(".OctopusServer") == [])
    // The newest ten copies stay.
    #expect(try node.files("OctopusServer.config.").count == 10)
  }

  @Test func aCopyWithAnotherMasterKeyStays() async throws {
    let node = try await SampleNode(["--documents", "30"])
    #expect(try await OctokeyProgram.run(["new-master-key", node.folder + "/new.key"]).status == 0)
    let old = try await node.shell("sha256sum <OctopusServer.config")
    let set = try await ConfigTests.config(
      node, "set", "Octopus.Storage.MasterKey", "--value-file", node.folder + "/new.key")
    #expect(set.status == 0, "\(set.stderr)")
    for cap in 1...12 {
      let set = try await ConfigTests.config(node, "set", "Octopus.Server.TaskCap", "\(cap)")
      #expect(set.status == 0)
    }
    let copies = try node.files("OctopusServer.config.")
    #expect(copies.count == 11)
    let sums = try await node.shell("for copy in OctopusServer.config.*; do sha256sum <$copy; done")
    #expect(sums.contains(old))
  }

  @Test func itWaitsForTheLockAndGivesUp() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let before = try await node.shell("sha256sum OctopusServer.config")
    let status = try await node.shell(
      """
      exec 9>octokey.lock
      flock -x 9
      "$OCTOKEY" config set Octopus.Home /x --config OctopusServer.config 9>&- 2>words && exit 1
      echo $?
      cat words
      """)
    #expect(status.hasPrefix("4\n") && status.contains("another octokey is running"))
    #expect(try await node.shell("sha256sum OctopusServer.config") == before)
    // A lock that is released in time is waited for.
    let waited = try await node.shell(
      """
      flock -x octokey.lock sh -c 'echo held; sleep 1' >held &
      until grep -q held held; do :; done
      "$OCTOKEY" config set Octopus.Home /x --config OctopusServer.config
      """)
    #expect(waited == "changed Octopus.Home\n")
  }

  @Test func nothingIsEditedInTheMiddleOfARotation() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("echo '{}' >octokey-journal.json")
    let before = try await node.shell("sha256sum OctopusServer.config; ls -A")
    for arguments in [["set", "Octopus.Home", "/x"], ["unset", "Octopus.Home"]] {
      let result = try await ConfigTests.run(node, arguments)
      #expect(result.status == 3 && result.stderr.contains("octokey recover"), "\(result.stderr)")
    }
    #expect(try await node.shell("sha256sum OctopusServer.config; ls -A") == before)
  }

  @Test func aPlainUserIsRefusedOnceAndCompletely() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // Readable, but folder and file belong to another user.
    try await node.shell("chmod 755 .; chmod 644 OctopusServer.config machine-id")
    let before = try await node.shell("sha256sum OctopusServer.config; ls -lA")
    let result = try await node.shell(
      """
      run() { setpriv --reuid 65534 --regid 65534 --clear-groups "$OCTOKEY" config "$@" \\
        --config OctopusServer.config; }
      run get Octopus.Server.NodeName
      run set Octopus.Home /x 2>words || echo $?
      cat words
      """)
    #expect(result.hasPrefix("node-01\n1\n"), "\(result)")
    #expect(result.contains("run octokey as the user that Octopus Server runs as, or as root"))
    #expect(try await node.shell("rm words; sha256sum OctopusServer.config; ls -lA") == before)
  }
}
