// What is wrong with the settings of a config: values that are not protected, or not of their type, and
// names that are nearly right.

import Native
import Testing

@testable import OctopusKeys

@Suite struct ConfigCheckTests {
  private func machine(_ id: String) throws -> MachineKeys {
    try MachineKeys(
      machineID: SecretBytes(copying: Array(id.utf8).span), machineIDPath: "/id",
      machineKeyFile: nil, machineKeyPath: "/key")
  }

  /// A Master Key has two blocks of ciphertext at least, because its text has 26 characters; other secrets may have one.
  @Test func plainTextIsToldApartFromWhatAnotherMachineProtects() throws {
    let here = try machine("8d5a1f0c3b7e4926a0d4c8e2f6b13579")
    let there = try machine("1c0e7f3a9d5b4826b4f0a8c6e2d71935")
    let password = SecretBytes(copying: Array("pw".utf8).span)
    let name = "Octopus.Proxy.ProxyPassword"
    let foreign = try there.protect(password, of: name, source: "test")
    let own = try here.protect(password, of: name, source: "test")
    let block = "AAECAwQFBgcICQoLDA0ODw=="
    let masterKey = "Octopus.Storage.MasterKey"
    for (setting, value, kind) in [
      (name, own, nil), (name, "hunter2", .notProtected), (name, "QUJD", .notProtected),
      (name, block, .unreadable(elsewhere: nil)),
      (name, foreign, .unreadable(elsewhere: "/there")), (masterKey, block, .notProtected),
      (masterKey, try there.protect(key(1)), .unreadable(elsewhere: "/there")),
      (masterKey, try here.protect(key(1)), nil),
    ] as [(String, String, ConfigFault.Kind?)] {
      let text = "<octopus-settings><set key=\"\(setting)\">\(value)</set></octopus-settings>"
      let check = try ConfigCheck(
        Array(text.utf8), path: "/c", machineKeys: here, elsewhere: [("/there", there)])
      let kinds = check.faults.map(\.kind).filter { $0 != .noMasterKey }
      #expect(kinds == (kind.map { [$0] } ?? []), "\(setting) \(value)")
      #expect(check.opened.map(\.setting) == (kind == nil ? [setting] : []))
    }
  }

  @Test func aNameThatIsThereTwiceIsNamedWithItsLines() throws {
    let text = """
      <octopus-settings>
        <set key="Octopus.Server.NodeName">a</set>
        <set key="octopus.server.nodename">b</set>
        <set key="Octopus.Home">/c</set>
      </octopus-settings>
      """
    let check = try ConfigCheck(
      Array(text.utf8), path: "/c", machineKeys: machine("8d5a1f0c3b7e4926a0d4c8e2f6b13579"))
    let kinds = check.faults.map(\.kind).filter { $0 != .noMasterKey }
    #expect(kinds == [.duplicate(lines: [2, 3])])
  }

  @Test(arguments: [
    ("0", true), ("10000", true), (" 5 ", true), ("10001", false), ("-1", false), ("five", false),
    ("1.5", false), ("", false),
  ])
  func numbersHaveARange(_ value: String, isNumber: Bool) throws {
    let setting = try #require(KnownSetting.named("Octopus.Server.TaskCap"))
    #expect(setting.fault(in: value) == (isNumber ? nil : .number))
  }

  @Test(arguments: [
    ("Server=a;Database=b", true), ("Server = a", true), (" sqlite:octopus.db", true),
    ("SQLite:/a", true), ("sqlite:", false), ("Server", false), ("=a", false), (" =a", false),
    ("Server;Database=b", false), ("", false),
  ])
  func aConnectionStringIsAListOfPairsOrALocation(_ value: String, isOne: Bool) throws {
    let setting = try #require(KnownSetting.named(SettingName.connectionString))
    #expect(setting.fault(in: value) == (isOne ? nil : .connectionString))
  }

  @Test(arguments: [
    ("1", true), ("65535", true), (" 80 ", true), ("0", false), ("65536", false), ("-1", false),
    ("+80", false), ("", false),
  ])
  func portsGoFrom1To65535(_ value: String, isPort: Bool) throws {
    let setting = try #require(KnownSetting.named("octopus.proxy.proxyport"))
    #expect(setting.fault(in: value) == (isPort ? nil : .port))
  }

  @Test(arguments: [
    ("http://+:80/", true), ("http://a/,https://*:443/x", true), ("http://a;http://[::1]:1", true),
    ("", false), (",", false), ("ftp://a/", false), ("http://:80/", false),
    ("http://a:65536/", false), ("http://a/,b", false),
  ])
  func listenPrefixesAreURLs(_ value: String, areURLs: Bool) throws {
    let setting = try #require(KnownSetting.named("Octopus.WebPortal.ListenPrefixes"))
    #expect(setting.fault(in: value) == (areURLs ? nil : .listenPrefixes))
  }

  /// A letter left out and two swapped; and one more left out.
  @Test func aNameWithTwoMistakesIsRecognised() {
    #expect(KnownSetting.misspelt(as: "Octopus.Storage.MastrKye")?.name == SettingName.masterKey)
    #expect(KnownSetting.secrecy(of: "Octopus.Storage.MastrKye") == .plain)
    #expect(KnownSetting.misspelt(as: "Octopus.Storage.MstrKye") == nil)
    #expect(KnownSetting.secrecy(of: "Octopus.Storage.MstrKye") == .open)
  }

  @Test(arguments: [
    ("abcd", "abcd", 0), ("abcd", "abd", 1), ("abd", "abcd", 1), ("abcd", "abXd", 1),
    ("abcd", "abdc", 1), ("abcd", "badc", 2), ("", "ab", 2), ("kitten", "sitting", 3),
  ])
  func everyMistakeIsOneStep(_ one: String, _ other: String, steps: Int) {
    #expect(EditDistance.between(one, other, atMost: 3) == steps)
    #expect(EditDistance.between(one, other, atMost: steps) == steps)
    if steps > 0 { #expect(EditDistance.between(one, other, atMost: steps - 1) == nil) }
  }
}
