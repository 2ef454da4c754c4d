// Reading and editing single settings, checked with xmllint, cmp and sha256sum.

import Foundation
import Outside
import Testing

@Suite struct ConfigTests {
  static let password = "Sesame-open-4711"
  static let connection =
    "Server=tcp:db.example.test,1433;Database=Octopus;User ID=sa;Password=\(password);Encrypt=True"

  /// Runs a subcommand of `config` on a node.
  static func config(
    _ node: SampleNode, _ arguments: String..., input: String = ""
  ) async throws -> Ending {
    try await run(node, arguments, input: input)
  }

  static func run(
    _ node: SampleNode, _ arguments: [String], input: String = "",
    environment: [String: String] = [:]
  ) async throws -> Ending {
    try await OctokeyProgram.run(
      ["config"] + arguments + [
        "--config", node.config, "--machine-id-file", node.machineID, "--machine-key-file",
        node.folder + "/machinekey",
      ], input: input, environment: environment)
  }

  /// A node with a connection string to a SQL Server, a proxy password and a plain secret.
  static func nodeWithSecrets() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    let set = try await config(
      node, "set", "Octopus.Storage.ExternalDatabaseConnectionString", "-", input: connection)
    #expect(set.status == 0, "\(set.stderr)")
    let proxy = try await config(
      node, "set", "octopus.proxy.proxypassword", "-", input: password + "\n")
    #expect(proxy.status == 0, "\(proxy.stderr)")
    let plain = try await config(
      node, "set", "Octopus.WebPortal.LdapPassword", "-", input: password)
    #expect(plain.status == 0, "\(plain.stderr)")
    return node
  }

  /// The text of a setting as xmllint reads it.
  static func xmllint(_ node: SampleNode, _ key: String) async throws -> String {
    try await node.shell("xmllint --xpath 'string(//set[@key=\"\(key)\"])' OctopusServer.config")
      .trimmingCharacters(in: .newlines)
  }

  static func object(_ ending: Ending) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(ending.output)) as? [String: Any])
  }

  @Test func aValueIsPrintedAloneForScripts() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let text = try await Self.config(node, "get", "OCTOPUS.server.nodename")
    #expect(text.status == 0 && text.stdout == "node-01\n" && text.stderr.isEmpty)
    let answer = try Self.object(
      try await Self.config(node, "get", "Octopus.Server.NodeName", "--format", "json"))
    let json = try #require(answer["setting"] as? [String: Any])
    #expect(json["key"] as? String == "Octopus.Server.NodeName")
    #expect(json["value"] as? String == "node-01")
    #expect(json["masked"] as? Bool == false && json["protected"] as? Bool == false)
    let blank = try await Self.config(node, "get", "Octopus.Node.Cache")
    #expect(blank.status == 0 && blank.stdout == "\n")
  }

  @Test(arguments: [
    ("Octopus.Server.NodeNmae", "Octopus.Server.NodeName"),
    ("MasterKey", "Octopus.Storage.MasterKey"),
    ("Octopus.WebPortal.ListenPrefixs", "Octopus.WebPortal.ListenPrefixes"),
    // The server knows it, and this file has it not.
    ("Octopus.Server.TaskCpa", "Octopus.Server.TaskCap"),
  ])
  func aMissingNameGetsANearOne(_ name: String, _ meant: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let result = try await Self.config(node, "get", name)
    #expect(result.status == 1 && result.stdout.isEmpty)
    #expect(result.stderr.contains("has no setting \"\(name)\""))
    #expect(result.stderr.contains("hint: did you mean \"\(meant)\"?"), "\(result.stderr)")
  }

  @Test func aSettingThatIsNotThereHasADefault() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let result = try await Self.config(node, "get", "Octopus.Server.TaskCap")
    #expect(result.status == 1 && result.stderr.contains("the default is 5"), "\(result.stderr)")
  }

  @Test func onlyTheSettingChanges() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      sed -i 's/$/\\r/; s|<set key="Octopus.Home">|<!-- here -->&|' OctopusServer.config
      cp OctopusServer.config before
      """)
    let set = try await Self.config(
      node, "set", "octopus.server.NODENAME", "a <b> & \"c\" 'd' \u{e9}")
    #expect(set.status == 0 && set.stdout == "changed Octopus.Server.NodeName\n")
    #expect(
      try await Self.xmllint(node, "Octopus.Server.NodeName") == "a <b> & \"c\" 'd' \u{e9}")
    let lines = try await node.shell(
      "diff before OctopusServer.config >difference || grep -c '^[<>]' difference")
    #expect(lines == "2\n")
    let copies = try await node.shell("cmp before OctopusServer.config.*.bak")
    #expect(copies.isEmpty)
    let back = try await Self.config(node, "set", "Octopus.Server.NodeName", "node-01")
    #expect(back.status == 0)
    try await node.shell("cmp before OctopusServer.config")
  }

  @Test func theSameValueChangesNothingAndSaysSo() async throws {
    let node = try await Self.nodeWithSecrets()
    let sums = "sha256sum *.*; ls -lA --time-style=full-iso"
    let before = try await node.shell(sums)
    let plain = try await Self.config(node, "set", "Octopus.Server.NodeName", "node-01")
    #expect(plain.status == 0 && plain.stdout == "unchanged Octopus.Server.NodeName\n")
    let secret = try await Self.config(
      node, "set", "Octopus.Proxy.ProxyPassword", "-", "--format", "json", input: Self.password)
    let json = try Self.object(secret)
    #expect(json["changed"] as? Bool == false)
    #expect((json["config"] as? [String: Any])?.keys.sorted() == ["path"])
    let gone = try await Self.config(node, "unset", "Octopus.Server.TaskCap")
    #expect(gone.status == 0 && gone.stdout == "unchanged Octopus.Server.TaskCap\n")
    let blank = try await Self.config(node, "set", "Octopus.Node.Cache", "")
    #expect(blank.stdout == "unchanged Octopus.Node.Cache\n")
    #expect(try await node.shell(sums) == before)
  }

  @Test func unsetAndNoBackup() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("cp OctopusServer.config before")
    let set = try await Self.config(node, "set", "Octopus.Server.TaskCap", "9", "--no-backup")
    #expect(set.stdout == "changed Octopus.Server.TaskCap\n", "\(set.stderr)")
    let unset = try await Self.config(
      node, "unset", "octopus.server.taskcap", "--no-backup", "--format", "json")
    let json = try Self.object(unset)
    #expect(json["changed"] as? Bool == true && json["key"] as? String == "Octopus.Server.TaskCap")
    try await node.shell("cmp before OctopusServer.config")
    #expect(try node.files("OctopusServer.config.") == [])
    let refused = try await Self.config(node, "unset", "Octopus.Storage.MasterKey")
    #expect(refused.status == 64 && refused.stderr.contains("hint: give --yes"))
    try await node.shell("cmp before OctopusServer.config")
    let key = try await Self.config(node, "unset", "Octopus.Storage.MasterKey", "--yes")
    #expect(key.status == 0)
    #expect(try await Self.xmllint(node, "Octopus.Storage.MasterKey") == "")
  }

  @Test func theLastDuplicateCountsAndItIsSaid() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "sed -i 's|^</octo|  <set key=\"octopus.home\">/two</set>\\n&|' OctopusServer.config")
    let get = try await Self.config(node, "get", "Octopus.Home")
    #expect(get.stdout == "/two\n" && get.stderr.contains("occurs 2 times, in lines 4, 10"))
    let set = try await Self.config(node, "set", "Octopus.Home", "/three")
    #expect(set.status == 0 && set.stderr.contains("occurs 2 times"))
    #expect(
      try await node.shell(
        "grep -c /three OctopusServer.config; grep -c /two OctopusServer.config*"
      )
      .hasPrefix("1\n"))
    #expect(try await Self.xmllint(node, "octopus.home") == "/three")
    #expect(try await Self.xmllint(node, "Octopus.Home") == node.folder)
    let list = try await Self.config(node, "list", "home")
    #expect(list.stdout == "Octopus.Home = \(node.folder)\noctopus.home = /three\n")
    #expect(list.stderr.contains("\"Octopus.Home\" in line 4 is not used"))
  }

  @Test func patternsAndFormats() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let names = { (pattern: String) in
      try await Self.config(node, "list", pattern).stdout.split(separator: "\n")
        .map { $0.prefix { $0 != " " } }
    }
    #expect(try await names("STORAGE").count == 2)
    #expect(
      try await names("octopus.*e*.node*") == ["Octopus.Server.NodeName"][...].map { $0[...] })
    #expect(try await names("Octopus.?ome") == ["Octopus.Home"])
    #expect(try await names("nothing") == [])
    let json = try await Self.config(node, "list", "--format", "json")
    let all = try #require(
      try Self.object(json)["settings"] as? [[String: Any]])
    #expect(all.count == 7)
    #expect(all.map { $0["line"] as? Int } == [3, 4, 5, 6, 7, 8, 9])
    #expect(all[2]["value"] is NSNull)
    let none = try await Self.config(node, "list", "nothing", "--format", "json")
    #expect((try Self.object(none)["settings"] as? [Any])?.isEmpty == true && none.status == 0)
  }

  @Test(arguments: [
    ("Octopus.Communications.ServicesPort", "70000", "port"),
    ("Octopus.WebPortal.ForceSSL", "yes", "true or false"),
    ("Octopus.WebPortal.ListenPrefixes", "localhost:80", "URLs"),
    ("Octopus.Server.TaskCap", "many", "number"),
  ])
  func aValueOfTheWrongTypeIsRefused(
    _ key: String, _ value: String, _ word: String
  ) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let before = try await node.shell("sha256sum OctopusServer.config")
    let refused = try await Self.config(node, "set", key, value)
    #expect(refused.status == 1 && refused.stderr.contains(word), "\(refused.stderr)")
    #expect(try await node.shell("sha256sum OctopusServer.config") == before)
    let forced = try await Self.config(node, "set", key, value, "--force")
    #expect(forced.status == 0)
  }

  @Test func anUnknownNameIsTakenWithAWarning() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let set = try await Self.config(node, "set", "Octopus.Server.TaskCpa", "5")
    #expect(set.status == 0)
    #expect(
      set.stderr.contains("unknown setting \"Octopus.Server.TaskCpa\"")
        && set.stderr.contains("did you mean \"Octopus.Server.TaskCap\"?"))
  }

  @Test(arguments: ["/console", "/help", "-1", "--", "/instance:x", "a=b"])
  func aValueMayLookLikeAnOption(_ value: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let arguments = ["config", "set", "--config", node.config, "Octopus.Home", "--", value]
    let set = try await OctokeyProgram.run(arguments)
    #expect(set.status == 0, "\(set.stderr)")
    #expect(try await Self.xmllint(node, "Octopus.Home") == value)
    guard value.hasPrefix("/") else { return }
    let bare = try await OctokeyProgram.run(arguments.filter { $0 != "--" } + ["--no-backup"])
    #expect(bare.status == 0 && bare.stdout == "unchanged Octopus.Home\n", "\(bare.stderr)")
  }
}
