// What protects secrets in a node config on Linux, and how (octopus-formats, section 1.4, from the
// vendor's published sources):
//
// 1. /etc/machine-id: the 32 characters of its first line, as they are, are an AES-256 key; the
//    initialization vector is a constant.
// 2. /etc/octopus/machinekey: base64(key).base64(vector).
//
// The server tries the sources in this order, for writing and for reading, and takes the first one that
// does not fail. CBC is unauthenticated: a wrong machine key passes the padding check once in 256 times,
// and then the server takes what comes out. So:
//
// - what octokey reads counts only if it can be the setting's value, and whether the server reads the
//   same is said beside it;
// - what octokey writes is protected as the server would protect it, with the machine-id wherever there
//   is a valid one, and is read back in the server's order before it is handed out.
//
// A third form, `$OctopusMachineKeyV1$` and AES-256-GCM, is recognised by its prefix. It is neither read
// nor written.

package import Native

package final class MachineKeys {
  /// In the order in which the server tries them.
  package enum Form: Sendable, Equatable, CaseIterable {
    /// With the machine-id and its constant vector.
    case machineID
    /// With the machinekey file and the vector in it.
    case machineKeyFile
  }

  /// A Master Key out of a node config, and how it was protected there.
  package struct OpenedMasterKey: ~Copyable {
    package let key: MasterKey
    package let form: Form
    /// False if an earlier machine key passes the padding check by chance: the server takes what comes
    /// out of that, and does not start.
    package let isReadByServer: Bool
  }

  private let machineID: Source
  private let machineKeyFile: Source

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

  /// - Throws: `ConfigError.settingMissing`, `.protectedByWindows`, `.protectedByNewerServer` or
  ///   `.masterKeyUnreadable`.
  package func masterKey(of config: NodeConfig) throws(ConfigError) -> OpenedMasterKey {
    guard let value = config.value(of: SettingName.masterKey) else {
      throw .settingMissing(path: config.path, setting: SettingName.masterKey)
    }
    try MachineKeys.requireKnownForm(value, of: SettingName.masterKey, in: config.path)
    guard let opened = try open(value, of: SettingName.masterKey) else {
      throw MachineKeys.isFromWindows(value)
        ? .protectedByWindows(path: config.path)
        : .masterKeyUnreadable(path: config.path, tried: trials)
    }
    let key = try rethrow(
      as: ConfigError.key,
      opened.text.withBytes { (text) throws(KeyError) in
        try MasterKey(base64: text, source: config.path)
      })
    return OpenedMasterKey(key: key, form: opened.form, isReadByServer: opened.isReadByServer)
  }

  /// A Master Key as the value of its setting: JSON text, protected.
  ///
  /// - Throws: `ConfigError.noMachineKey`, `.protectionFailed`.
  package func protect(_ key: borrowing MasterKey) throws(ConfigError) -> String {
    let base64 = key.base64()
    var json = SecretBytes(count: base64.count + 2)
    json.withMutableBytes { json in
      json[0] = UInt8(ascii: "\"")
      base64.withBytes { for index in $0.indices { json[index + 1] = $0[index] } }
      json[json.count - 1] = UInt8(ascii: "\"")
    }
    return try json.withBytes { (bytes) throws(ConfigError) in try protect(bytes) }
  }

  /// Any text as a protected value. The server reads the same text from it: that is tried here.
  func protect(_ text: Span<UInt8>) throws(ConfigError) -> String {
    // A machine-id that is missing or malformed fails for the server, too, which then goes on to the
    // machine key file. One that could not be read is an error before it comes to this.
    guard let key = machineID.key ?? machineKeyFile.key else { throw .noMachineKey(tried: trials) }
    let plaintext = SecretBuffer()
    plaintext.fill(text)
    var sealed: [UInt8] = []
    try rethrow(
      as: ConfigError.native,
      key.cipher.encrypt(plaintext, vector: key.vector, appendingTo: &sealed))
    let ciphertext = Array(sealed[AESCBC.blockLength...])
    let value = Base64.string(ciphertext.span)
    guard let form = try formForServer(value), let read = try unprotect(value, as: form),
      read.equals(plaintext)
    else { throw .protectionFailed }
    return value
  }

  /// The machine key with which the server decrypts `value`: the first whose padding is right, whatever
  /// comes out. Nil if there is none.
  func formForServer(_ value: String) throws(ConfigError) -> Form? {
    for form in Form.allCases where try unprotect(value, as: form) != nil { return form }
    return nil
  }

  /// What a protected value holds, if the padding is right under the machine key of `form`.
  func unprotect(_ value: String, as form: Form) throws(ConfigError) -> SecretBuffer? {
    guard let key = source(of: form).key, let stored = Base64.decode(value.withoutBlanks),
      !stored.isEmpty, stored.count % AESCBC.blockLength == 0
    else { return nil }
    let sealed = key.vector + stored
    let plaintext = SecretBuffer()
    let padding = try rethrow(
      as: ConfigError.native,
      key.cipher.decrypt(vectorAndCiphertext: sealed.span, into: plaintext))
    return padding == nil ? nil : plaintext
  }

  /// What became of each source when it was read.
  package var trials: [MachineKeyTrial] { [machineID.trial, machineKeyFile.trial] }

  private func source(of form: Form) -> Source { form == .machineID ? machineID : machineKeyFile }

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
    guard let id = MachineKeyText.machineID(contents) else { return nil }
    return try key(id, Array("743677397A244326".utf8))
  }

  private static func generatedKey(_ contents: borrowing SecretBytes) throws(ConfigError) -> Key? {
    guard let parts = MachineKeyText.generated(contents),
      parts.key.count == 16 || parts.key.count == 32, parts.vector.count == AESCBC.blockLength
    else { return nil }
    return try key(parts.key, parts.vector)
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
