// The instances of a machine: listed, and found by name.

import Outside
import Testing

@Suite struct InstanceTests {
  private func list(_ folder: ScratchFolder, _ arguments: String...) async throws -> Ending {
    try await OctokeyProgram.run(["list-instances", "--instances-dir", folder.path] + arguments)
  }

  @Test func instancesInTheVendorsShapes() async throws {
    let folder = ScratchFolder()
    #expect(try await list(folder).stdout == "No instances installed\n")
    #expect(try await list(folder, "--format=json").stdout == "[]\n")
    _ = folder.file(
      "b.config",
      Array(#"{"Name": "OctopusServer", "ConfigurationFilePath": "/etc/o\"x/a.config"}"#.utf8))
    _ = folder.file(
      "a.Config",
      Array("\u{FEFF}{\"name\": \"My Two\", \"CONFIGURATIONFILEPATH\": \"/b\", \"x\": 1}".utf8)
    )
    let text = try await list(folder, "--console", "-format:Text")
    #expect(
      text.stdout == """
        Instance 'My Two' uses configuration '/b'.
        Instance 'OctopusServer' uses configuration '/etc/o"x/a.config'.

        """)
    let json = try await list(folder, "/format=JSON", "--nologo")
    #expect(
      json.stdout == """
        [
          {
            "InstanceName": "My Two",
            "ConfigurationFilePath": "/b"
          },
          {
            "InstanceName": "OctopusServer",
            "ConfigurationFilePath": "/etc/o\\"x/a.config"
          }
        ]

        """)
  }

  @Test func aFolderThatMayNotBeSeenIsNotTakenForEmpty() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      chmod 755 .; mkdir -m 700 locked
      setpriv --reuid 65534 --regid 65534 --clear-groups "$OCTOKEY" list-instances \\
        --instances-dir locked 2>&1 || echo "exit $?"
      """)
    #expect(output.contains("permission denied") && output.hasSuffix("exit 1\n"), "\(output)")
  }

  @Test func aNamedInstanceIsWorkedOn() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let folder = ScratchFolder()
    _ = folder.file(
      "main.config", Array(#"{"Name":"Main","ConfigurationFilePath":"\#(node.config)"}"#.utf8))
    let get = try await OctokeyProgram.run([
      "config", "get", "Octopus.Server.NodeName", "--instance=MAIN", "--instances-dir", folder.path,
    ])
    #expect(get.stdout == "node-01\n", "\(get.stderr)")
  }

  /// A register with a good record, one without a path, and files that are not records.
  private func mixed(of node: SampleNode? = nil) -> ScratchFolder {
    let folder = ScratchFolder()
    let record = #"{"Name":"Main","ConfigurationFilePath":"\#(node?.config ?? "/a")"}"#
    _ = folder.file("main.config", Array(record.utf8))
    _ = folder.file("bad.config", Array(#"{"Name":"Bad"}"#.utf8))
    _ = folder.file("notes.txt", Array("hello".utf8))
    _ = folder.file(".DS_Store", [0, 1, 2])
    return folder
  }

  @Test(arguments: ["text", "json"])
  func aBadRecordIsNamedAndTheOthersAreListed(_ format: String) async throws {
    let folder = mixed()
    let result = try await list(folder, "--format", format)
    #expect(result.status == 2)
    #expect(result.stdout.contains("Main") && !result.stdout.contains("Bad"), "\(result.stdout)")
    #expect(
      result.stderr == """
        octokey: warning: "\(folder.path)/bad.config" is not an instance record: no ConfigurationFilePath
        octokey: hint: a record is a JSON object with Name and ConfigurationFilePath; correct or remove the file

        """)
  }

  @Test func withoutAGoodRecordNothingIsSaidToBeInstalled() async throws {
    let folder = ScratchFolder()
    _ = folder.file("a.config", Array("{\n'Name' 1}".utf8))
    let text = try await list(folder)
    #expect(text.status == 2 && text.stdout.isEmpty, "\(text)")
    #expect(
      text.stderr.contains("/a.config\" is not an instance record: not a JSON object (line 2)"))
    let json = try await list(folder, "--format", "json")
    #expect(json.status == 2 && json.stdout == "[]\n")
  }

  @Test func filesThatAreNotRecordsArePassedOver() async throws {
    let folder = ScratchFolder()
    _ = folder.file("notes.txt", Array("hello".utf8))
    _ = folder.file(
      "octopusserver.config",
      Array(#"{"Name": "OctopusServer", "ConfigurationFilePath": "/x/OctopusServer.config"}"#.utf8))
    let result = try await list(folder)
    #expect(result.status == 0 && result.stderr.isEmpty, "\(result.stderr)")
    #expect(
      result.stdout == "Instance 'OctopusServer' uses configuration '/x/OctopusServer.config'.\n")
  }

  private func nodeName(_ folder: ScratchFolder, _ options: [String] = []) async throws -> Ending {
    try await OctokeyProgram.run(
      ["config", "get", "Octopus.Server.NodeName", "--instances-dir", folder.path] + options,
      directory: "/")
  }

  @Test func aLookUpThatFindsItsRecordGoesOnWithAWarning() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let folder = mixed(of: node)
    for options in [["--instance", "main"], []] {
      let result = try await nodeName(folder, options)
      #expect(result.status == 0 && result.stdout == "node-01\n", "\(result.stderr)")
      #expect(result.stderr.hasPrefix("octokey: warning: \"\(folder.path)/bad.config\""))
    }
  }

  @Test func aLookUpThatFindsNothingNamesTheBadRecords() async throws {
    let folder = mixed()
    let named = try await nodeName(folder, ["--instance", "bad"])
    #expect(named.status == 1 && named.stdout.isEmpty)
    #expect(
      named.stderr.contains("octokey: no instance \"bad\" found in \"\(folder.path)\"\n"),
      "\(named.stderr)")
    #expect(named.stderr.contains("hint: it may be in \"\(folder.path)/bad.config\", which cannot"))
    // The standard instance would come before the only other one.
    let other = mixed()
    _ = other.file("OctopusServer.config", Array("{".utf8))
    let standard = try await nodeName(other)
    #expect(standard.status == 1, "\(standard.stderr)")
    #expect(standard.stderr.contains("octokey: cannot tell which instance is meant: "))
    let alone = ScratchFolder()
    _ = alone.file("b.config", Array("[]".utf8))
    let missing = try await nodeName(alone)
    #expect(missing.status == 1, "\(missing.stderr)")
    #expect(
      missing.stderr.contains(
        "octokey: cannot tell which instance is meant: \"\(alone.path)/b.config\" cannot be read"))
  }
}
