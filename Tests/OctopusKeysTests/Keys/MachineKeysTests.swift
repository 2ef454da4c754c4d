// The Master Key in a node config: what .NET protected opens, what we protect has the same form, and a
// wrong machine key is never taken for right.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct MachineKeysTests {
  private func machineKeys(id: String?, file: String?) throws -> MachineKeys {
    func secret(_ text: String?) -> SecretBytes? {
      guard let text else { return nil }
      let bytes = Array(text.utf8)
      return SecretBytes(copying: bytes.span)
    }
    return try MachineKeys(
      machineID: secret(id), machineIDPath: "/id", machineKeyFile: secret(file),
      machineKeyPath: "/key")
  }

  private func config(_ masterKey: String) throws -> NodeConfig {
    let text = """
      <octopus-settings><set key="Octopus.Storage.MasterKey">\(masterKey)</set></octopus-settings>
      """
    return try NodeConfig(contents: Array(text.utf8), path: "/c")
  }

  /// The key in a config, as base64, and how it was protected.
  private func opened(_ keys: MachineKeys, _ value: String) throws -> (String, MachineKeys.Form) {
    let found = try keys.masterKey(of: config(value))
    let text = found.key.base64()
    return (text.withBytes { String(decoding: Array(copying: $0), as: UTF8.self) }, found.form)
  }

  private func isKey(_ plaintext: String) -> Bool {
    let text = plaintext.dropFirst().dropLast()
    guard plaintext.first == "\"", plaintext.last == "\"",
      let data = Data(base64Encoded: String(text))
    else { return false }
    return [16, 32].contains(data.count)
  }

  @Test func whatDotNetProtectedOpensBothWays() throws {
    let vectors = try Vectors.load()
    let both = try machineKeys(id: vectors.machine_id + "\n", file: vectors.machinekey_file + "\n")
    let fileOnly = try machineKeys(id: nil, file: vectors.machinekey_file)
    var tried = 0
    for vector in vectors.protected where isKey(vector.plaintext) {
      tried += 1
      let expected = String(vector.plaintext.dropFirst().dropLast())
      let byID = try opened(both, vector.by_machine_id)
      #expect(byID == (expected, .machineID))
      for keys in [both, fileOnly] {
        let byFile = try opened(keys, vector.by_machinekey_file)
        #expect(byFile == (expected, .machineKeyFile))
      }
      let key = try MasterKey(base64: Array(expected.utf8).span, source: "vector")
      #expect(try both.protect(key, as: .machineID) == vector.by_machine_id)
      #expect(try both.protect(key, as: nil) == vector.by_machine_id)
      #expect(try fileOnly.protect(key, as: nil) == vector.by_machinekey_file)
      // With a vector of its own each time, after the prefix.
      let prefixed = try both.protect(key, as: .prefixed)
      #expect(prefixed.hasPrefix("$OctopusMachineKeyV1$"))
      let again = try both.protect(key, as: .prefixed)
      #expect(prefixed != again)
      #expect(try opened(both, prefixed) == (expected, .prefixed))
    }
    #expect(tried >= 2, "both key sizes")
    // What is protected and no key (a password, say) is not taken for one.
    for vector in vectors.protected where !isKey(vector.plaintext) {
      #expect(throws: ConfigError.masterKeyUnreadable(path: "/c", tried: both.trials)) {
        try opened(both, vector.by_machine_id)
      }
      for (form, value) in [
        (MachineKeys.Form.machineID, vector.by_machine_id),
        (.machineKeyFile, vector.by_machinekey_file),
      ] {
        let plaintext = try #require(try both.unprotect(value, as: form))
        #expect(
          plaintext.withBytes { String(decoding: Array(copying: $0), as: UTF8.self) }
            == vector.plaintext)
      }
    }
  }

  @Test func aPaddingThatFitsByChanceIsNotEnough() throws {
    let vectors = try Vectors.load()
    let vector = try #require(vectors.protected.first { isKey($0.plaintext) })
    var fitting = 0
    // One wrong machine-id in 256 passes the padding check; none of them is taken.
    for number in 0..<2000 {
      let digits = String(number, radix: 16)
      let id = String(repeating: "0", count: 32 - digits.count) + digits
      let wrong = try machineKeys(id: id, file: nil)
      if try wrong.unprotect(vector.by_machine_id, as: .machineID) != nil { fitting += 1 }
      do {
        _ = try opened(wrong, vector.by_machine_id)
        Issue.record("\(id) opened it")
      } catch ConfigError.masterKeyUnreadable(_, let tried) {
        #expect(tried.map(\.outcome) == [.wrong, .missing])
      }
    }
    #expect(fitting > 0, "the test did meet the case")
  }

  @Test func windowsIsNamed() throws {
    let keys = try machineKeys(id: "0123456789abcdef0123456789abcdef", file: nil)
    var blob: [UInt8] = [1, 0, 0, 0, 0xD0, 0x8C, 0x9D, 0xDF, 0x01, 0x15, 0xD1, 0x11, 0x8C, 0x7A, 0]
    blob += [0xC0, 0x4F, 0xC2, 0x97, 0xEB] + Outside.random(160)
    #expect(throws: ConfigError.protectedByWindows(path: "/c")) {
      try opened(keys, Data(blob).base64EncodedString())
    }
  }

  @Test(arguments: [
    "", "short", "0123456789abcdef0123456789abcde", "\n", "no.dots", "AAAA.AAAA", ".",
  ])
  func whatIsNoMachineKeyIsSaidToBeNone(_ text: String) throws {
    let vectors = try Vectors.load()
    let vector = try #require(vectors.protected.first)
    let keys = try machineKeys(id: text, file: text)
    do {
      _ = try opened(keys, vector.by_machine_id)
      Issue.record("it opened")
    } catch ConfigError.masterKeyUnreadable(_, let tried) {
      #expect(tried.map(\.outcome) == [.malformed, .malformed])
    }
    let key = try MasterKey.random(.bits256)
    #expect(throws: ConfigError.noMachineKey(tried: keys.trials)) {
      try keys.protect(key, as: nil)
    }
  }

  @Test func nothingThereIsSaidSo() throws {
    let keys = try machineKeys(id: nil, file: nil)
    let empty = try NodeConfig(contents: Array("<octopus-settings/>".utf8), path: "/c")
    do {
      _ = try keys.masterKey(of: empty)
      Issue.record("a key came from nowhere")
    } catch {
      #expect(error == .settingMissing(path: "/c", setting: SettingName.masterKey))
    }
  }
}
