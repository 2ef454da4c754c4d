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
      #expect(try both.protect(key) == vector.by_machine_id)
      #expect(try fileOnly.protect(key) == vector.by_machinekey_file)
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
    let faults = try keys.faults(inUse: [], machineID: nil)
    #expect(faults == ["/id", "/key"].map { ConfigFault(.badMachineKey, $0) })
    let key = try MasterKey.random(.bits256)
    #expect(throws: ConfigError.noMachineKey(tried: keys.trials)) {
      try keys.protect(key)
    }
  }

  @Test func nothingThereIsSaidSo() throws {
    let keys = try machineKeys(id: nil, file: nil)
    #expect(try keys.faults(inUse: [], machineID: nil).isEmpty)
    let empty = try NodeConfig(contents: Array("<octopus-settings/>".utf8), path: "/c")
    do {
      _ = try keys.masterKey(of: empty)
      Issue.record("a key came from nowhere")
    } catch {
      #expect(error == .settingMissing(path: "/c", setting: SettingName.masterKey))
    }
  }

  /// What the server reads, by another implementation of its order: the first source whose padding is
  /// right, whatever comes out.
  static let server = """
    import base64, sys
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7
    def sources(machine_id, machine_key):
        if len(machine_id) == 32: yield machine_id.encode('latin-1'), b'743677397A244326'
        if machine_key:
            parts = machine_key.split('.')
            yield base64.b64decode(parts[0]), base64.b64decode(parts[1])
    def read(value, machine_id, machine_key):
        for key, vector in sources(machine_id, machine_key):
            try:
                cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
                padded = cipher.update(base64.b64decode(value)) + cipher.finalize()
                unpadder = PKCS7(128).unpadder()
                return unpadder.update(padded) + unpadder.finalize()
            except ValueError: pass

    """

  /// One key in 256 that is protected with the machine key file is misread where there is a machine-id,
  /// too. So it takes thousands of keys to see that none of ours is.
  @Test(arguments: ["both", "id", "file", "a malformed id"])
  func theServerReadsEveryKeyThatWasProtected(_ sources: String) throws {
    let vectors = try Vectors.load()
    let id = ["file": nil, "a malformed id": "uninitialized\n"][sources] ?? vectors.machine_id
    let file = sources == "id" ? nil : vectors.machinekey_file
    let keys = try machineKeys(id: id, file: file)
    var lines = ["\((id ?? "").trimmingCharacters(in: .newlines)) \(file ?? "")"]
    for number in 0..<2000 {
      let key = try MasterKey.random(number % 2 == 0 ? .bits128 : .bits256)
      let text = key.base64().withBytes { String(decoding: Array(copying: $0), as: UTF8.self) }
      lines.append("\(try keys.protect(key)) \"\(text)\"")
    }
    let script =
      Self.server + """
        lines = sys.stdin.read().splitlines()
        id, key = lines[0].split(' ')
        print(sum(read(value, id, key) == plain.encode() for value, plain in
                  (line.split(' ') for line in lines[1:])))
        """
    let right = try Outside.run(
      "python3", "-c", script, input: Array(lines.joined(separator: "\n").utf8))
    #expect(Outside.text(right) == "2000\n")
  }

  /// A value that was protected with the machine key file, and that the machine-id's padding check passes.
  @Test func whatTheServerMisreadsIsNoticed() throws {
    let vectors = try Vectors.load()
    let both = try machineKeys(id: vectors.machine_id, file: vectors.machinekey_file)
    let fileOnly = try machineKeys(id: nil, file: vectors.machinekey_file)
    var misread = 0
    for _ in 0..<3000 {
      let key = try MasterKey.random(.bits256)
      let value = try fileOnly.protect(key)
      let found = try both.masterKey(of: config(value))
      #expect(found.key.equals(key) && found.form == .machineKeyFile)
      let isMisread = try both.unprotect(value, as: .machineID) != nil
      #expect(found.isReadByServer == !isMisread)
      #expect(try fileOnly.masterKey(of: config(value)).isReadByServer)
      if isMisread { misread += 1 }
    }
    #expect(misread > 0, "the test did meet the case")
  }

  /// Spellings of the two files that .NET reads (octopus-formats, section 8.2).
  @Test func theFilesAreReadAsTheServerReadsThem() throws {
    let vectors = try Vectors.load()
    let vector = try #require(vectors.protected.first { isKey($0.plaintext) })
    func utf16(_ text: String, little: Bool) -> [UInt8] {
      "\u{FEFF}\(text)".utf16.flatMap { unit in
        let pair = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
        return little ? pair : pair.reversed()
      }
    }
    func keys(id: [UInt8]?, file: [UInt8]?) throws -> MachineKeys {
      try MachineKeys(
        machineID: id.map { SecretBytes(copying: $0.span) }, machineIDPath: "/id",
        machineKeyFile: file.map { SecretBytes(copying: $0.span) }, machineKeyPath: "/key")
    }
    let id = vectors.machine_id
    for text in [id, id + "\n", id + "\r\n", id + "\rmore\u{20ac}", id + "\n\n"] {
      for bytes in [
        Array(text.utf8), Array("\u{FEFF}\(text)".utf8), utf16(text, little: true),
        utf16(text, little: false),
      ] {
        let found = try keys(id: bytes, file: nil).masterKey(of: config(vector.by_machine_id))
        #expect(found.form == .machineID)
      }
    }
    let parts = vectors.machinekey_file.split(separator: ".").map(String.init)
    let wrapped =
      parts[0].prefix(20) + "\r\n" + parts[0].dropFirst(20).prefix(7) + "\t"
      + parts[0].dropFirst(27)
    for text in [
      "\(parts[0]).\(parts[1])\n", "\n\(parts[0]).\(parts[1])", "\(parts[0]) . \(parts[1])\n",
      "\(wrapped).\(parts[1])", "\(parts[0]).\(parts[1]).more\u{20ac}",
      "\(parts[0]).\n\(parts[1]).",
    ] {
      for bytes in [
        Array(text.utf8), Array("\u{FEFF}\(text)".utf8), utf16(text, little: true),
        utf16(text, little: false),
      ] {
        let found = try keys(id: nil, file: bytes).masterKey(of: config(vector.by_machinekey_file))
        #expect(found.form == .machineKeyFile, "\(text)")
      }
    }
    // Characters up to U+00FF are bytes of the key; others, blanks and other lines make it no id.
    for umlauts in ["\u{e4}\u{ff}\(id.dropFirst(2))", "\(id.dropLast())\u{e4}"] {
      let key = try MasterKey.random(.bits128)
      let value = try keys(id: Array(umlauts.utf8), file: nil).protect(key)
      let script =
        Self.server + "print(read('\(value)', '\(umlauts)', '').decode())"
      let read = try Outside.run("python3", "-c", script)
      let text = key.base64().withBytes { String(decoding: Array(copying: $0), as: UTF8.self) }
      #expect(Outside.text(read) == "\"\(text)\"\n")
    }
    for wrong in [
      "\n" + id, " " + id, id + " ", "\u{100}" + id.dropFirst(), id.dropLast() + "\u{20ac}",
      id.dropLast() + "\n",
      String(id.dropLast(2)),
    ] {
      let keys = try keys(id: Array(wrong.utf8), file: nil)
      #expect(keys.trials[0].outcome == .malformed, "\(wrong)")
    }
    // Without a byte order mark UTF-16 is not recognised.
    let bare = Array(utf16(id, little: true).dropFirst(2))
    #expect(try keys(id: bare, file: nil).trials[0].outcome == .malformed)
    for wrong in [
      "\(parts[0])\0.\(parts[1])", "\(parts[0])..\(parts[1])", "\(parts[0])-.\(parts[1])",
    ] {
      #expect(try keys(id: nil, file: Array(wrong.utf8)).trials[1].outcome == .malformed)
    }
  }

  @Test(arguments: ["", " ", "\n"])
  func theFormOfANewerServerIsNamed(_ blank: String) throws {
    let keys = try machineKeys(id: "0123456789abcdef0123456789abcdef", file: nil)
    let value = blank + "$OctopusMachineKeyV1$" + Data(Outside.random(60)).base64EncodedString()
    #expect(throws: ConfigError.protectedByNewerServer(path: "/c", setting: SettingName.masterKey))
    {
      try opened(keys, value)
    }
  }

  /// As they come into a config that was edited by hand.
  @Test(arguments: [" ", "\n    ", "\r\n", "\t"])
  func blanksInAProtectedValueDoNotMatter(_ blank: String) throws {
    let vectors = try Vectors.load()
    let vector = try #require(vectors.protected.first { isKey($0.plaintext) })
    let keys = try machineKeys(id: vectors.machine_id, file: nil)
    let value = vector.by_machine_id
    let wrapped = blank + value.prefix(20) + blank + value.dropFirst(20) + blank
    #expect(try opened(keys, wrapped) == opened(keys, value))
  }
}
