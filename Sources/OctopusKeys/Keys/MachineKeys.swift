// What protects secrets in a node config on Linux, and how (octopus-formats, section 1.4, from the
// vendor's published sources):
//
// 1. /etc/machine-id: the 32 characters of its first line, as they are, are an AES-256 key; the
//    initialization vector is a constant.
// 2. /etc/octopus/machinekey: base64(key).base64(vector).
//
// The sources are tried in this order. Nothing seals a value: a wrong machine key passes the padding
// check once in 256 times, so a Master Key counts only if it reads as one.

package import Native

package final class MachineKeys {
  /// In which way a value is protected.
  package enum Form: Sendable, Equatable {
    /// With the machine-id and its constant vector.
    case machineID
    /// With the machinekey file and the vector in it.
    case machineKeyFile
    /// With the machinekey file and a vector of the value's own, after `$OctopusMachineKeyV1$`.
    case prefixed
  }

  /// A Master Key out of a node config, and how it was protected there.
  package struct OpenedMasterKey: ~Copyable {
    package let key: MasterKey
    /// How to protect another one.
    package let form: Form
  }

  private let machineID: Source
  private let machineKeyFile: Source
  private let random = RandomBytes()

  private struct Source {
    let path: String
    let key: Key?
    let outcome: MachineKeyTrial.Outcome
  }

  private struct Key {
    let cipher: AESCBC
    let vector: [UInt8]
  }

  /// Takes over the contents of both files; nil for one that is not there.
  package init(
    machineID: consuming SecretBytes?, machineIDPath: String,
    machineKeyFile: consuming SecretBytes?, machineKeyPath: String
  ) throws(ConfigError) {
    self.machineID = try MachineKeys.source(
      machineIDPath, machineID, read: MachineKeys.machineIDKey)
    self.machineKeyFile = try MachineKeys.source(
      machineKeyPath, machineKeyFile, read: MachineKeys.generatedKey)
  }

  /// Opens the Master Key in `config`.
  ///
  /// - Throws: `ConfigError.settingMissing`, `.protectedByWindows` or `.masterKeyUnreadable`.
  package func masterKey(of config: NodeConfig) throws(ConfigError) -> OpenedMasterKey {
    guard let value = config.value(of: SettingName.masterKey) else {
      throw .settingMissing(path: config.path, setting: SettingName.masterKey)
    }
    for form in [Form.prefixed, .machineID, .machineKeyFile] {
      guard let plaintext = try unprotect(value, as: form),
        let secret = plaintext.withBytes(MachineKeys.keyInJSON),
        let key = try? MasterKey(bytes: secret, source: config.path)
      else { continue }
      return OpenedMasterKey(key: key, form: form)
    }
    if MachineKeys.bytes(of: value)?.starts(with: MachineKeys.windowsHeader) == true {
      throw .protectedByWindows(path: config.path)
    }
    throw .masterKeyUnreadable(path: config.path, tried: trials)
  }

  /// A Master Key as the value of its setting: JSON text, protected.
  ///
  /// - Parameter form: how the former value was protected; nil if nobody knows: then with the
  ///   machine-id if there is a valid one, as the server itself would.
  /// - Throws: `ConfigError.noMachineKey`.
  package func protect(_ key: borrowing MasterKey, as form: Form?) throws(ConfigError) -> String {
    let base64 = key.base64()
    var json = SecretBytes(count: base64.count + 2)
    json.withMutableBytes { json in
      json[0] = UInt8(ascii: "\"")
      base64.withBytes { for index in $0.indices { json[index + 1] = $0[index] } }
      json[json.count - 1] = UInt8(ascii: "\"")
    }
    return try json.withBytes { (bytes) throws(ConfigError) in
      try protect(bytes, as: form ?? (machineID.key == nil ? .machineKeyFile : .machineID))
    }
  }

  /// Any text as a protected value.
  func protect(_ text: Span<UInt8>, as form: Form) throws(ConfigError) -> String {
    guard let key = source(of: form).key else { throw .noMachineKey(tried: trials) }
    let plaintext = SecretBuffer()
    plaintext.fill(text)
    var vector = key.vector
    var sealed: [UInt8] = []
    try rethrow(as: ConfigError.native) { () throws(NativeError) in
      if form == .prefixed { try random.fillVector(&vector) }
      try key.cipher.encrypt(plaintext, vector: vector, appendingTo: &sealed)
    }
    guard form != .prefixed else { return MachineKeys.prefix + Base64.string(sealed.span) }
    let ciphertext = Array(sealed[AESCBC.blockLength...])
    return Base64.string(ciphertext.span)
  }

  /// What a protected value holds, if the machine key of `form` fits; nil otherwise.
  func unprotect(_ value: String, as form: Form) throws(ConfigError) -> SecretBuffer? {
    let isPrefixed = value.hasPrefix(MachineKeys.prefix)
    guard isPrefixed == (form == .prefixed), let key = source(of: form).key,
      let stored = MachineKeys.bytes(of: value)
    else { return nil }
    let sealed = isPrefixed ? stored : key.vector + stored
    guard sealed.count >= 2 * AESCBC.blockLength, sealed.count % AESCBC.blockLength == 0 else {
      return nil
    }
    let plaintext = SecretBuffer()
    let padding = try rethrow(
      as: ConfigError.native,
      key.cipher.decrypt(vectorAndCiphertext: sealed.span, into: plaintext))
    return padding == nil ? nil : plaintext
  }

  /// What became of each source when it was read.
  package var trials: [MachineKeyTrial] {
    [machineID, machineKeyFile].map { MachineKeyTrial(path: $0.path, outcome: $0.outcome) }
  }

  private func source(of form: Form) -> Source { form == .machineID ? machineID : machineKeyFile }

  private static let prefix = "$OctopusMachineKeyV1$"

  /// How a value begins that DPAPI made: version 1 and the provider's GUID.
  private static let windowsHeader: [UInt8] = [
    0x01, 0x00, 0x00, 0x00, 0xD0, 0x8C, 0x9D, 0xDF, 0x01, 0x15, 0xD1, 0x11, 0x8C, 0x7A, 0x00, 0xC0,
    0x4F, 0xC2, 0x97, 0xEB,
  ]

  /// The bytes of a value without its prefix; white space inside base64 does not matter to .NET.
  private static func bytes(of value: String) -> [UInt8]? {
    let text = value.hasPrefix(prefix) ? value.dropFirst(prefix.count) : value[...]
    let digits = text.utf8.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    var bytes: [UInt8] = []
    return Base64.decode(digits.span, appendingTo: &bytes) ? bytes : nil
  }

  /// The key in `"base64"`.
  private static func keyInJSON(_ text: Span<UInt8>) -> SecretBytes? {
    guard text.count > 2, text[0] == UInt8(ascii: "\""),
      text[text.count - 1] == UInt8(ascii: "\"")
    else { return nil }
    return Base64.decodeSecret(text.extracting(1..<(text.count - 1)))
  }

  private static func source(
    _ path: String, _ contents: borrowing SecretBytes?,
    read: (borrowing SecretBytes) throws(ConfigError) -> Key?
  ) throws(ConfigError) -> Source {
    switch contents {
    case .none: return Source(path: path, key: nil, outcome: .missing)
    case .some(let contents):
      let key = try read(contents)
      return Source(path: path, key: key, outcome: key == nil ? .malformed : .wrong)
    }
  }

  private static func machineIDKey(_ contents: borrowing SecretBytes) throws(ConfigError) -> Key? {
    let line = contents.withBytes { bytes in
      bytes.indices.first { bytes[$0] == 0x0A || bytes[$0] == 0x0D } ?? bytes.count
    }
    guard line == 32 else { return nil }
    return try key(contents.prefix(32), Array("743677397A244326".utf8))
  }

  private static func generatedKey(_ contents: borrowing SecretBytes) throws(ConfigError) -> Key? {
    let parts: (dot: Int, end: Int)? = contents.withBytes { bytes in
      var end = bytes.count
      while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
      return bytes.indices.first { bytes[$0] == UInt8(ascii: ".") }.map { ($0, end) }
    }
    guard let parts, parts.dot < parts.end else { return nil }
    let bytes = contents.withBytes { Base64.decodeSecret($0.extracting(0..<parts.dot)) }
    var vector: [UInt8] = []
    let valid = contents.withBytes {
      Base64.decode($0.extracting((parts.dot + 1)..<parts.end), appendingTo: &vector)
    }
    guard let bytes, bytes.count == 16 || bytes.count == 32, valid, vector.count == 16 else {
      return nil
    }
    return try key(bytes, vector)
  }

  private static func key(
    _ bytes: borrowing SecretBytes, _ vector: [UInt8]
  ) throws(ConfigError) -> Key {
    Key(cipher: try rethrow(as: ConfigError.native, AESCBC(key: bytes)), vector: vector)
  }
}

/// A machine key that was tried on a value.
package struct MachineKeyTrial: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case missing
    case malformed
    /// What comes out is no Master Key.
    case wrong
  }

  package let path: String
  package let outcome: Outcome
}
