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
    let key: Key?
    let trial: MachineKeyTrial
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

  /// - Throws: `ConfigError.settingMissing`, `.protectedByWindows` or `.masterKeyUnreadable`.
  package func masterKey(of config: NodeConfig) throws(ConfigError) -> OpenedMasterKey {
    guard let value = config.value(of: SettingName.masterKey) else {
      throw .settingMissing(path: config.path, setting: SettingName.masterKey)
    }
    guard let opened = try open(value, of: SettingName.masterKey),
      let key = opened.text.withBytes({ try? MasterKey(base64: $0, source: config.path) })
    else {
      throw MachineKeys.isFromWindows(value)
        ? .protectedByWindows(path: config.path)
        : .masterKeyUnreadable(path: config.path, tried: trials)
    }
    return OpenedMasterKey(key: key, form: opened.form)
  }

  /// A Master Key as the value of its setting: JSON text, protected.
  ///
  /// - Parameter form: how the former value was protected; nil if that is not known.
  /// - Throws: `ConfigError.noMachineKey`.
  package func protect(_ key: borrowing MasterKey, as form: Form?) throws(ConfigError) -> String {
    let base64 = key.base64()
    var json = SecretBytes(count: base64.count + 2)
    json.withMutableBytes { json in
      json[0] = UInt8(ascii: "\"")
      base64.withBytes { for index in $0.indices { json[index + 1] = $0[index] } }
      json[json.count - 1] = UInt8(ascii: "\"")
    }
    return try json.withBytes { (bytes) throws(ConfigError) in try protect(bytes, as: form) }
  }

  /// Any text as a protected value; without a form it is as the server would do it: with the
  /// machine-id if there is a valid one.
  func protect(_ text: Span<UInt8>, as form: Form?) throws(ConfigError) -> String {
    let form = form ?? (machineID.key == nil ? .machineKeyFile : .machineID)
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
  package var trials: [MachineKeyTrial] { [machineID.trial, machineKeyFile.trial] }

  private func source(of form: Form) -> Source { form == .machineID ? machineID : machineKeyFile }

  static let prefix = "$OctopusMachineKeyV1$"

  /// The bytes of a value without its prefix.
  private static func bytes(of value: String) -> [UInt8]? {
    let text = value.hasPrefix(prefix) ? value.dropFirst(prefix.count) : value[...]
    return Base64.decode(text.withoutBlanks)
  }

  private static func source(
    _ path: String, _ contents: borrowing SecretBytes?,
    read: (borrowing SecretBytes) throws(ConfigError) -> Key?
  ) throws(ConfigError) -> Source {
    switch contents {
    case .none: return Source(key: nil, trial: .init(path: path, outcome: .missing))
    case .some(let contents):
      let key = try read(contents)
      return Source(key: key, trial: .init(path: path, outcome: key == nil ? .malformed : .wrong))
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
    var vector: [UInt8] = []
    let bytes: SecretBytes? = contents.withBytes { text in
      var end = text.count
      while end > 0, text[end - 1] <= 0x20 { end -= 1 }
      guard let dot = text.indices.first(where: { text[$0] == UInt8(ascii: ".") }), dot < end,
        Base64.decode(text.extracting((dot + 1)..<end), appendingTo: &vector)
      else { return nil }
      return Base64.decodeSecret(text.extracting(0..<dot))
    }
    guard let bytes, bytes.count == 16 || bytes.count == 32, vector.count == 16 else { return nil }
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
    /// What comes out is not a Master Key.
    case wrong
  }

  package let path: String
  package let outcome: Outcome
}

extension StringProtocol {
  /// The digits of a protected value: white space inside base64 does not matter to .NET.
  var withoutBlanks: [UInt8] { utf8.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } }
}
