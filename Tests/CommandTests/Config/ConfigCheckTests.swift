// Every kind of problem is found, named and located; a sound node has none.

import Foundation
import Outside
import Testing

@Suite struct ConfigCheckTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// A shell script that breaks the node, run in its folder.
    let script: String
    /// The kind, the file's name, the setting and the line of the only fault.
    let kind: String
    var file = "OctopusServer.config"
    var setting: String?
    var line: Int?
    var isNote = false

    var testDescription: String { name }
  }

  private static let config = "OctopusServer.config"
  private static let home = "Octopus.Home"

  /// Appends a setting.
  private static func add(_ text: String) -> String {
    "sed -i 's|^</octo|\(text)\\n&|' \(config)"
  }

  private static func set(_ key: String, _ value: String) -> String {
    "sed -i 's|\\(key=\"\(key)\">\\)[^<]*|\\1\(value)|' \(config)"
  }

  private static let texts: [Case] = [
    Case(name: "empty", script: ": >\(config)", kind: "malformed", line: 1),
    Case(
      name: "cut off", script: "sed -i '5s/key=.*/ke/;6,$d' \(config)", kind: "malformed",
      line: 6),
    Case(
      name: "an open tag", script: add("<set key=\"x\">"), kind: "malformed", line: 11),
    Case(
      name: "DOCTYPE", script: "sed -i '2i <!DOCTYPE x []>' \(config)", kind: "forbidden", line: 2),
    Case(name: "root", script: "echo '<web/>' >\(config)", kind: "wrongRoot"),
    Case(
      name: "zeros behind the end", script: "head -c 600 /dev/zero >>\(config)", kind: "malformed",
      line: 10),
  ]
  private static let settings: [Case] = [
    Case(name: "no name", script: add("<set KEY=\"x\">y</set>"), kind: "nameless", line: 10),
    Case(
      name: "duplicate", script: add("<set key=\"OCTOPUS.home\">/x</set>"), kind: "duplicate",
      setting: "OCTOPUS.home", line: 10),
    Case(
      name: "misspelt", script: add("<set key=\"Octopus.Server.TaskCpa\">5</set>"),
      kind: "misspelt", setting: "Octopus.Server.TaskCpa", line: 10),
    Case(
      name: "unknown", script: add("<set key=\"Octopus.Extension.Flavour\">5</set>"),
      kind: "unknown", setting: "Octopus.Extension.Flavour", line: 10, isNote: true),
    Case(
      name: "port", script: set("Octopus.Communications.ServicesPort", "0"), kind: "wrongType",
      setting: "Octopus.Communications.ServicesPort", line: 3),
    Case(
      name: "URL", script: set("Octopus.WebPortal.ListenPrefixes", "http://a,ftp://b"),
      kind: "wrongType", setting: "Octopus.WebPortal.ListenPrefixes", line: 9),
    Case(
      name: "boolean", script: add("<set key=\"Octopus.WebPortal.ForceSSL\">1</set>"),
      kind: "wrongType", setting: "Octopus.WebPortal.ForceSSL", line: 10),
    Case(
      name: "JSON",
      script: add("<set key=\"Tentacle.Communication.TrustedOctopusServers\">[{]</set>"),
      kind: "wrongType", setting: "Tentacle.Communication.TrustedOctopusServers", line: 10),
  ]
  private static let masterKey = "Octopus.Storage.MasterKey"
  private static let secrets: [Case] = [
    Case(
      name: "no Master Key", script: "sed -i '/MasterKey/d' \(config)", kind: "noMasterKey",
      setting: masterKey),
    Case(
      name: "an empty Master Key", script: set(masterKey, ""), kind: "noMasterKey",
      setting: masterKey, line: 8),
    Case(
      name: "a blank Master Key", script: set(masterKey, "  "), kind: "noMasterKey",
      setting: masterKey, line: 8),
    Case(
      name: "plain key", script: set(masterKey, "6EdU6IWsCtMEwk0kPKflQQ=="), kind: "notProtected",
      setting: masterKey, line: 8),
    Case(
      name: "no base64", script: set(masterKey, "hello"), kind: "notProtected",
      setting: masterKey, line: 8),
    Case(
      name: "another machine's",
      script: set(masterKey, "eiVxz/PyW08E3fqt109IOXg5MgfV1svVFyFe7W5vysI="),
      kind: "unreadable", setting: masterKey, line: 8),
    Case(
      name: "Windows",
      script: set(
        masterKey, "AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
      kind: "protectedByWindows", setting: masterKey, line: 8),
    Case(
      name: "a plain proxy password",
      script: add("<set key=\"Octopus.Proxy.ProxyPassword\">hunter2</set>"), kind: "notProtected",
      setting: "Octopus.Proxy.ProxyPassword", line: 10),
    Case(
      name: "machinekey", script: "umask 077; echo rubbish >machinekey", kind: "badMachineKey",
      file: "machinekey"),
  ]
  private static let files: [Case] = [
    Case(name: "config", script: "chmod 644 \(config)", kind: "open"),
    Case(name: "config for the group", script: "chmod 660 \(config)", kind: "open"),
    Case(
      name: "key file", script: "echo >master-key-20260101T000000Z-abcdefgh.key; chmod 640 *.key",
      kind: "open", file: "master-key-20260101T000000Z-abcdefgh.key"),
    Case(
      name: "copy", script: "cp \(config) \(config).20260101T000000Z.bak; chmod 604 *.bak",
      kind: "open", file: "\(config).20260101T000000Z.bak"),
    Case(
      name: "report", script: "echo >rotation-report-20260101T000000Z.txt; chmod 644 *.txt",
      kind: "open", file: "rotation-report-20260101T000000Z.txt"),
    Case(
      name: "a machine id for everybody to write", script: "chmod 666 machine-id", kind: "open",
      file: "machine-id"),
    Case(
      name: "a machine key for everybody to read",
      script: """
        echo "$(openssl rand -base64 32).$(openssl rand -base64 16)" >machinekey
        chmod 644 machinekey
        """, kind: "open", file: "machinekey"),
    Case(name: "folder", script: "chmod 777 .", kind: "openFolder", file: "."),
    Case(name: "hard link", script: "ln \(config) other", kind: "severalLinks"),
    Case(
      name: "journal", script: "echo '{}' >octokey-journal.json", kind: "unfinishedRotation",
      file: "octokey-journal.json"),
    Case(
      name: "draft", script: "umask 077; echo >.\(config).draft-1f", kind: "leftover",
      file: ".\(config).draft-1f", isNote: true),
  ]

  @Test(arguments: texts + settings + secrets + files)
  func isFound(_ fault: Case) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(fault.script)
    let before = try await node.shell("sha256sum $(find . -type f)")
    let result = try await ConfigTests.config(node, "check", "--format", "json")
    #expect(result.status == (fault.isNote ? 0 : 2), "\(result.stdout) \(result.stderr)")
    let faults = try #require(try ConfigTests.object(result)["faults"] as? [[String: Any]])
    try #require(faults.count == 1, "\(result.stdout)")
    #expect(faults[0]["kind"] as? String == fault.kind)
    let path = fault.file == "." ? node.folder : node.folder + "/" + fault.file
    #expect(faults[0]["path"] as? String == path)
    #expect(faults[0]["setting"] as? String == fault.setting)
    #expect(faults[0]["line"] as? Int == fault.line)
    #expect((faults[0]["severity"] as? String == "note") == fault.isNote)
    let text = try await ConfigTests.config(node, "check")
    let place = path + (fault.line.map { ":\($0)" } ?? "") + ":"
    #expect(text.stdout.hasPrefix(place) || text.stdout.contains("\n" + place), "\(text.stdout)")
    #expect(text.stdout.hasSuffix(fault.isNote ? "no problems\n" : "\n1 problem\n"))
    #expect(!text.stdout.contains("hunter2"))
    #expect(try await node.shell("sha256sum $(find . -type f)") == before)
  }

  @Test func aSoundNodeHasNone() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let text = try await ConfigTests.config(node, "check")
    #expect(text.status == 0)
    #expect(
      text.stdout == """
        \(node.config):8: "Octopus.Storage.MasterKey" decrypts with "\(node.machineID)"
        no problems

        """)
    let json = try ConfigTests.object(
      try await ConfigTests.config(node, "check", "--format", "json"))
    #expect((json["faults"] as? [Any])?.isEmpty == true)
    let opened = try #require((json["protected"] as? [[String: Any]])?.first)
    #expect(opened["decryptsWith"] as? String == node.machineID && opened["line"] as? Int == 8)
  }

  /// xmllint reports the problem in the same line.
  @Test(arguments: ["</set></set>", "<set key=\"a\">&b;</set>", "<set key=a>b</set>", "a < b"])
  func theLineIsThatOfXmllint(_ text: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "sed -i '5s|$|\(text.replacingOccurrences(of: "&", with: "\\&"))|' \(Self.config)")
    let judged = try await node.shell("xmllint --noout \(Self.config) 2>&1 | head -1 || true")
    let line = try #require(judged.split(separator: ":").dropFirst().first)
    let result = try await ConfigTests.config(node, "check")
    #expect(result.status == 2)
    #expect(result.stdout.hasPrefix("\(node.config):\(line):"), "\(judged)\(result.stdout)")
  }

  @Test func theRightMachineKeyElsewhereIsNamed() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("echo fedcba9876543210f0dcba9876543210 >wrong-id")
    let result = try await OctokeyProgram.run([
      "config", "check", "--config", node.config, "--machine-id-file", node.folder + "/wrong-id",
      "--machine-key-file", node.folder + "/none", "--format", "json",
    ])
    #expect(result.status == 2)
    let faults = try #require(try ConfigTests.object(result)["faults"] as? [[String: Any]])
    #expect(faults.count == 1)
    let text = try #require(faults.first?["text"] as? String)
    #expect(text.hasSuffix("but with \"\(node.machineID)\""), "\(text)")
  }

  /// The ids of Debian's images of the end of 2021 and the beginning of 2022, as people met them, and
  /// a current one by the same rule; and one that was never published.
  @Test(arguments: [
    ("85f94e57ab75f80918cab17d001eac85", true), ("88544b92092430bc5d3fbbffc12a2f04", true),
    ("$(date -u -d 2025-06-30 +%s | md5sum | cut -c -32)", true),
    ("11111111111111111111111111111111", true), ("0123456789abcdef0123456789abcdef", true),
    ("$(openssl rand -hex 16)", false),
  ])
  func aMachineIDThatEverybodyHasIsKnown(_ id: String, _ isShared: Bool) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout
    try await node.shell("echo \"\(id)\" >machine-id")
    let set = try await ConfigTests.config(node, "set", Self.masterKey, "-", input: key)
    #expect(set.status == 0, "\(set.stderr)")
    let result = try await ConfigTests.config(node, "check")
    #expect(result.status == (isShared ? 2 : 0), "\(result.stdout)")
    #expect(result.stdout.contains("it protects nothing") == isShared)
  }

  /// Names are the same setting for `config check` exactly if they are so for `config get`, and for .NET.
  @Test(arguments: [
    ("Octopus.x\u{e4}", "OCTOPUS.X\u{c4}", true), ("x.\u{1f80}", "x.\u{1f88}", true),
    ("x.\u{3c3}", "X.\u{3a3}", true), ("x.\u{10428}", "X.\u{10400}", true),
    ("x.b\u{df}", "x.BSS", false),
    ("x.i", "x.\u{130}", false), ("x.I", "x.\u{131}", false), ("x.k", "x.\u{212a}", false),
    ("x.s", "x.\u{17f}", false), ("x.\u{e9}", "x.e\u{301}", false), ("x.\u{fb00}", "x.FF", false),
  ])
  func namesAreTheSameAsForGet(_ one: String, _ other: String, _ isSame: Bool) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      Self.add("<set key=\"\(one)\">1</set>") + "; " + Self.add("<set key=\"\(other)\">2</set>"))
    let get = try await ConfigTests.config(node, "get", one)
    #expect(get.stdout == (isSame ? "2\n" : "1\n"))
    let check = try await ConfigTests.config(node, "check", "--format", "json")
    let faults = try #require(try ConfigTests.object(check)["faults"] as? [[String: Any]])
    #expect(faults.contains { $0["kind"] as? String == "duplicate" } == isSame, "\(check.stdout)")
  }

  /// With the sign for kelvin in place of a K it is another name, and so for the server, which then has
  /// no key. Its value is not shown: it looks like that of a secret.
  @Test func aNameThatOnlyLooksTheSameIsMisspelt() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("sed -i 's|MasterKey|Master\u{212a}ey|' \(Self.config)")
    let check = try await ConfigTests.config(node, "check", "--format", "json")
    let faults = try #require(try ConfigTests.object(check)["faults"] as? [[String: Any]])
    #expect(faults.map { $0["kind"] as? String } == ["noMasterKey", "misspelt"], "\(check.stdout)")
    let list = try await ConfigTests.config(node, "list", "Storage.Master")
    #expect(list.stdout == "Octopus.Storage.Master\u{212a}ey = <hidden>\n")
  }

  /// A folder that may not be listed is not an empty one: there could be an instance, or a file that is
  /// open to others, in it.
  @Test func aFolderThatCannotBeListedIsSaidSo() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "mkdir registry; chown 65534 . *; chmod 300 registry; cp \"$OCTOKEY\" program")
    // Root may list any folder.
    func run(_ arguments: String) async throws -> String {
      try await node.shell(
        "setpriv --reuid 65534 --clear-groups ./program \(arguments) 2>&1 || echo $?")
    }
    let instances = try await run("list-instances --instances-dir $PWD/registry")
    #expect(instances.contains("/registry\"") && instances.hasSuffix("\n1\n"), "\(instances)")
    try await node.shell("chmod 300 .")
    let check = try await run(
      "config check --config $PWD/OctopusServer.config --machine-id-file $PWD/machine-id --machine-key-file $PWD/machinekey"
    )
    #expect(check.contains("\(node.folder)\"") && check.hasSuffix("\n1\n"), "\(check)")
  }

  /// The order does not depend on a hash: settings in one line, and several faults of one setting.
  @Test func theOrderIsFixed() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let settings = (1...12).map { "<set key=\"Octopus.Other\($0)\">a</set>" }.joined()
    let double = "<set key=\"Octopus.Unknown\">1</set>"
    try await node.shell(
      """
      sed -i 's#^</octo#\(settings)\(double)\(double)\\n&#; s/>10943</>port</' OctopusServer.config
      chmod 644 OctopusServer.config
      """)
    let first = try await ConfigTests.config(node, "check")
    #expect(first.status == 2 && first.stdout.contains("Octopus.Other12"), "\(first.stdout)")
    for _ in 1...8 {
      #expect(try await ConfigTests.config(node, "check").stdout == first.stdout)
    }
    let names = first.stdout.matches(of: /unknown setting "(Octopus.Other\d+)"/).map {
      String($0.1)
    }
    #expect(names.count == 12 && names == names.sorted(), "\(names)")
  }
}
