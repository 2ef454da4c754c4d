// What `--verbose` tells, and that nothing of it is told otherwise.

import Testing

@Suite struct StepTests {
  @Test func aRotationTellsItsSteps() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let ending = try await node.octokey("rotate-master-key", "--yes", "--verbose")
    #expect(ending.status == 0)
    var rest = ending.stderr[...]
    for step in [
      "config: \"\(node.config)\", named by --config\n",
      "store: sqlite \(node.database), named by the config\n",
      "the Master Key in the config decrypts with the machine key in \"\(node.machineID)\"\n",
      "lock taken: \"\(node.folder)/octokey.lock\"\n", "survey begins with ", "survey ends after ",
      "key file written: \"\(node.folder)/master-key-",
      "journal written: \"\(node.folder)/octokey-journal.json\"\n", "rewrite begins with ",
      "rewrite ends after ", "commit begins\n", "commit ends after ",
      "config replaced: \"\(node.config)\", copy of the former: \"\(node.config).",
      "report written: ", "journal removed: ",
    ] {
      let found = rest.firstRange(of: "octokey: " + step)
      #expect(found != nil, "\(step) in \(rest)")
      if let found { rest = rest[found.upperBound...] }
    }
  }

  @Test func whyAConfigIsChosen() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let said = try await node.shell(
      """
      mkdir register elsewhere
      echo '{"Name":"Blue","ConfigurationFilePath":"'$PWD'/OctopusServer.config"}' >register/Blue.config
      show() { $OCTOKEY show-master-key --fingerprint --machine-id-file machine-id "$@" 2>&1 | grep config: ; }
      show -v
      OCTOKEY_CONFIG=OctopusServer.config show -v
      show -v --instances-dir register -i blue
      cd elsewhere
      $OCTOKEY show-master-key --fingerprint --machine-id-file ../machine-id -v --instances-dir ../register 2>&1 \\
        | grep config:
      """)
    let config = "octokey: config: \"\(node.config)\", "
    #expect(
      said == """
        \(config)found in the working directory
        \(config)named by OCTOKEY_CONFIG
        \(config)of the instance "blue"
        \(config)of the default instance in "../register"

        """)
  }

  @Test func nothingIsToldWithoutIt() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let ending = try await node.octokey("rotate-master-key", "--yes")
    #expect(
      !ending.stderr.contains("lock") && !ending.stderr.contains("survey"), "\(ending.stderr)")
    let both = try await node.octokey("verify", "-qv")
    #expect(both.status == 64 && both.stderr.contains("mutually exclusive"), "\(both.stderr)")
  }

  @Test func changesAndLocksOfOtherCommands() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let set = try await OctokeyProgram.run(
      ["config", "set", "Octopus.Server.TaskCap", "7", "-v", "--config", node.config])
    #expect(set.stderr.contains("octokey: lock taken: "), "\(set.stderr)")
    #expect(
      set.stderr.contains("octokey: done: the setting \"Octopus.Server.TaskCap\" in "),
      "\(set.stderr)")
  }
}
