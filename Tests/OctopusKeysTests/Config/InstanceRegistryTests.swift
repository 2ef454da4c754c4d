// The vendor's rules for which config is meant.

import Foundation
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
    let registry = registry([
      "a.config": record("Alpha"), "o.config": record("OctopusServer"), "z.config": record("Zeta"),
    ])
    #expect(try registry.instances().map(\.name) == ["Alpha", "OctopusServer", "Zeta"])
    #expect(try registry.find(nil)?.name == "OctopusServer")
    #expect(try registry.find("zETA")?.configPath == "/etc/Zeta.config")
    #expect(throws: ConfigError.noSuchInstance(name: "x", folder: folder.path)) {
      try registry.find("x")
    }
  }

  @Test func theOnlyOneNeedNoName() throws {
    #expect(try registry(["a.config": record("Alpha")]).find(nil)?.name == "Alpha")
  }

  @Test func ofSeveralOneMustBeNamed() throws {
    let registry = registry(["a": record("Alpha"), "b": record("Beta")])
    #expect(
      throws: ConfigError.severalInstances(
        name: nil, folder: folder.path, found: ["Alpha", "Beta"])
    ) { try registry.find(nil) }
  }

  @Test func theSameLetterCaseDecides() throws {
    let registry = registry(["a": record("node"), "b": record("NODE")])
    #expect(try registry.find("NODE")?.configPath == "/etc/NODE.config")
    #expect(
      throws: ConfigError.severalInstances(
        name: "Node", folder: folder.path, found: ["NODE", "node"])
    ) { try registry.find("Node") }
  }

  @Test func recordsAreReadAsTheVendorReadsThem() throws {
    let text = "\u{FEFF}{ \"configurationFilePath\" : \"/x\", \"NAME\":\"N\", \"More\": [1] }"
    #expect(try registry(["a": text]).instances() == [.init(name: "N", configPath: "/x")])
  }

  @Test(arguments: [
    "", "{", "[]", "{\"Name\":\"N\"}", "{\"Name\":1,\"ConfigurationFilePath\":\"/x\"}",
  ])
  func oneBadRecordSpoilsThemAll(_ text: String) throws {
    let registry = registry(["a": record("Alpha"), "b": text])
    #expect(throws: ConfigError.badInstanceRecord(path: folder.path + "/b")) {
      try registry.find(nil)
    }
  }

  @Test func theOrderIsTheVendors() throws {
    let registry = registry(["a": record("Alpha")])
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
