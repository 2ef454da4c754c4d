// The vendor's rules for which config is meant.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct InstanceRegistryTests {
  private let folder = ScratchFolder()

  private func registry(_ records: [String: String]) -> InstanceRegistry {
    for (name, text) in records { _ = folder.file(name, Array(text.utf8)) }
    return InstanceRegistry(folder: folder.path)
  }

  private func record(_ name: String) -> String {
    #"{"Name":"\#(name)","ConfigurationFilePath":"/etc/\#(name).config"}"#
  }

  @Test func theStandardNameGoesFirst() throws {
    let records = try registry([
      "a.config": record("Alpha"), "o.config": record("OctopusServer"), "z.config": record("Zeta"),
    ]).records()
    #expect(records.instances.map(\.name) == ["Alpha", "OctopusServer", "Zeta"])
    #expect(try records.find(nil)?.name == "OctopusServer")
    #expect(try records.find("zETA")?.configPath == "/etc/Zeta.config")
    #expect(throws: ConfigError.noSuchInstance(name: "x", folder: folder.path)) {
      try records.find("x")
    }
  }

  @Test func theOnlyOneNeedNoName() throws {
    #expect(try registry(["a.config": record("Alpha")]).records().find(nil)?.name == "Alpha")
  }

  @Test func ofSeveralOneMustBeNamed() throws {
    let records = try registry(["a.config": record("Alpha"), "b.config": record("Beta")]).records()
    #expect(
      throws: ConfigError.severalInstances(
        name: nil, folder: folder.path, found: ["Alpha", "Beta"])
    ) { try records.find(nil) }
  }

  @Test func theSameLetterCaseDecides() throws {
    let records = try registry(["a.config": record("node"), "b.config": record("NODE")]).records()
    #expect(try records.find("NODE")?.configPath == "/etc/NODE.config")
    #expect(
      throws: ConfigError.severalInstances(
        name: "Node", folder: folder.path, found: ["NODE", "node"])
    ) { try records.find("Node") }
  }

  @Test func onlyConfigFilesAreRecords() throws {
    let registry = registry([
      "A.CONFIG": record("Alpha"), "b.Config": record("Beta"), "c": record("Gamma"),
      ".DS_Store": "\u{0}", "notes.txt": "hello", "d.config.bak": "{",
    ])
    try FileManager.default.createDirectory(
      atPath: folder.file("e.config"), withIntermediateDirectories: false)
    let records = try registry.records()
    #expect(records.instances.map(\.name) == ["Alpha", "Beta"])
    #expect(records.bad.isEmpty)
  }

  /// Measured with the vendor's reader, Newtonsoft.Json.
  @Test(arguments: [
    "\u{FEFF}{ \"configurationFilePath\" : \"/x\", \"NAME\":\"N\", \"More\": [1] }",
    "{'Name':'N','ConfigurationFilePath':'/x'}", "{Name:'N',ConfigurationFilePath:'/x',}",
    "// a\n{\"Name\":\"N\", /* b */ \"ConfigurationFilePath\":\"/x\"}",
    #"{"Name":"M","ConfigurationFilePath":"/y","Name":"N","ConfigurationFilePath":"/x"}"#,
    #"{"name":"M","ConfigurationFilePath":"/y","Name":"N","configurationfilepath":"/x"}"#,
    #"{"Name":"M","ConfigurationFilePath":"/y","name":"N","CONFIGURATIONFILEPATH":"/x"}"#,
  ])
  func recordsAreReadAsTheVendorReadsThem(_ text: String) throws {
    let records = try registry(["a.config": text]).records()
    #expect(records.instances == [Instance(name: "N", configPath: "/x")], "\(records.bad)")
  }

  @Test(arguments: ["null", "''", "1", "1.50", "true"])
  func aNameNeedNotBeAText(_ name: String) throws {
    let texts = ["null": "", "''": ""]
    let records = try registry(["a.config": "{Name:\(name),ConfigurationFilePath:'/x'}"]).records()
    #expect(records.instances == [Instance(name: texts[name] ?? name, configPath: "/x")])
    #expect(
      try registry(["a.config": "{ConfigurationFilePath:'/x'}"]).records().instances.count == 1)
  }

  @Test func aRecordMayBeUTF16() throws {
    for order in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
      let text = try #require(("\u{FEFF}" + record("Alpha")).data(using: order))
      _ = folder.file("a.config", [UInt8](text))
      let records = try InstanceRegistry(folder: folder.path).records()
      #expect(records.instances.map(\.name) == ["Alpha"])
    }
  }

  static let bad: [(String, BadInstanceRecord.Reason)] = [
    ("", .malformed(line: 1)), ("{\n\n", .malformed(line: 3)), ("[]", .malformed(line: 1)),
    ("null", .malformed(line: 1)), ("{\"Name\":\"N\"}", .withoutPath),
    ("{Name:'N',ConfigurationFilePath:null}", .withoutPath),
    ("{Name:'N',ConfigurationFilePath:' '}", .withoutPath),
    ("{ConfigurationFilePath:'/x',configurationFilePath:null}", .withoutPath),
    ("{Name:[],ConfigurationFilePath:'/x'}", .notText),
    ("{Name:'N',ConfigurationFilePath:{}}", .notText),
  ]

  @Test(arguments: bad)
  func aBadRecordDoesNotSpoilTheOthers(_ text: String, _ reason: BadInstanceRecord.Reason) throws {
    let registry = registry(["a.config": record("Alpha"), "b.config": text])
    let bad = BadInstanceRecord(path: folder.path + "/b.config", reason: reason)
    let records = try registry.records()
    #expect(records.bad == [bad])
    #expect(try records.find(nil)?.name == "Alpha")
    #expect(try records.find("ALPHA")?.name == "Alpha")
    #expect(
      throws: ConfigError.noSuchInstance(name: "b", folder: folder.path, bad: [bad.path])
    ) { try records.find("b") }
    var noted: [BadInstanceRecord] = []
    let path = try registry.configPath(instance: "alpha", config: nil, workingDirectory: nil) {
      noted.append($0)
    }
    #expect(path == "/etc/Alpha.config" && noted == [bad])
  }

  @Test func whatCannotBeReadIsABadRecord() throws {
    let registry = registry(["a.config": record("Alpha")])
    let (link, pipe) = (folder.file("b.config"), folder.file("c.config"))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/gone/x")
    mkfifo(pipe, 0o600)
    let records = try registry.records()
    #expect(records.instances.map(\.name) == ["Alpha"])
    #expect(
      records.bad == [
        .init(path: link, reason: .native(.system(call: "stat", path: link, errno: ENOENT))),
        .init(path: pipe, reason: .native(.notAFile(path: pipe))),
      ])
  }

  @Test func theStandardInstanceMayBeInABadRecord() throws {
    let alone = registry(["b.config": "{"])
    #expect(throws: ConfigError.badInstanceRecords([folder.path + "/b.config"])) {
      try alone.records().find(nil)
    }
    // The file is called like the standard instance, which would come before the only other one.
    let two = registry(["a.config": record("Alpha"), "OctopusServer.config": "{"])
    let paths = ["OctopusServer", "b"].map { folder.path + "/\($0).config" }
    #expect(throws: ConfigError.badInstanceRecords(paths)) { try two.records().find(nil) }
    let three = registry(["o.config": record("OctopusServer")])
    #expect(try three.records().find(nil)?.name == "OctopusServer")
  }

  @Test func theOrderIsTheVendors() throws {
    let registry = registry(["a.config": record("Alpha")])
    let here = ScratchFolder()
    func path(_ instance: String?, _ config: String?) throws -> String {
      try registry.configPath(instance: instance, config: config, workingDirectory: here.path)
    }
    #expect(try path(nil, nil) == "/etc/Alpha.config")
    let file = here.file("OctopusServer.config", Array("x".utf8))
    #expect(try path(nil, nil) == file)
    #expect(try path(nil, "/c") == "/c")
    #expect(try path("alpha", "/c") == "/etc/Alpha.config")
    let nothing = InstanceRegistry(folder: here.path + "/none")
    #expect(
      throws: ConfigError.noConfig(workingDirectory: "/none", instancesFolder: nothing.folder)
    ) {
      try nothing.configPath(instance: nil, config: nil, workingDirectory: "/none")
    }
  }
}
