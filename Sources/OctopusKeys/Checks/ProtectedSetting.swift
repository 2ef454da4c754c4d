// Protected settings of any kind: the Master Key is JSON text (base64 in double quotes) under the
// machine key, everything else is its own text (octopus-formats, section 1.2).

package import Native

extension MachineKeys {
  package struct OpenedSetting: ~Copyable {
    /// The text as a person would type it: a Master Key has no quotes.
    package let text: SecretBytes
    /// How to protect another one.
    package let form: Form
  }

  /// Decrypts the value of the setting called `name`.
  ///
  /// - Returns: nil if none of the machine keys fits.
  package func open(_ value: String, of name: String) throws(ConfigError) -> OpenedSetting? {
    let isKey = KnownSetting.named(name)?.kind == .masterKey
    for form in [Form.prefixed, .machineID, .machineKeyFile] {
      guard let plaintext = try unprotect(value, as: form) else { continue }
      if let text = plaintext.withBytes({ isKey ? Self.keyText($0) : Self.plainText($0) }) {
        return OpenedSetting(text: text, form: form)
      }
    }
    return nil
  }

  /// Protects `text` as the value of the setting called `name`.
  ///
  /// - Parameters:
  ///   - present: how the former value is protected; nil if that is not known.
  ///   - source: where the text comes from, for errors.
  /// - Throws: `ConfigError.noMachineKey`; `.key` for what is not a Master Key.
  package func protect(
    _ text: borrowing SecretBytes, of name: String, as present: Form?, source: String
  ) throws(ConfigError) -> String {
    if KnownSetting.named(name)?.kind == .masterKey {
      let key = try rethrow(
        as: ConfigError.key,
        text.withBytes { (text) throws(KeyError) in try MasterKey(base64: text, source: source) })
      return try protect(key, as: present)
    }
    return try text.withBytes { (text) throws(ConfigError) in try protect(text, as: present) }
  }

  package static func isFromWindows(_ value: String) -> Bool {
    // The base64 of version 1 and the GUID of DPAPI's provider, but for its last half character.
    value.withoutBlanks.starts(with: "AQAAANCMnd8BFdERjHoAwE/Cl+".utf8)
  }

  /// Whether a value says of itself that it is protected, whatever its setting is called.
  package static func saysProtected(_ value: String) -> Bool {
    value.hasPrefix(prefix) || isFromWindows(value)
  }

  /// The base64 in `"base64"`, if it is that of a Master Key.
  private static func keyText(_ text: Span<UInt8>) -> SecretBytes? {
    let quote = UInt8(ascii: "\"")
    guard text.count > 2, text[0] == quote, text[text.count - 1] == quote else { return nil }
    let base64 = text.extracting(1..<(text.count - 1))
    guard let key = try? MasterKey(base64: base64, source: "") else { return nil }
    return key.base64()
  }

  /// Text as a person could have typed it. Garbage from a wrong machine key that passed the padding
  /// check is hardly ever valid UTF-8 without control characters.
  private static func plainText(_ text: Span<UInt8>) -> SecretBytes? {
    isTypable(text) ? SecretBytes(copying: text) : nil
  }

  /// Whether `text` is not empty, valid UTF-8, and free of control characters but line ends and tabs.
  package static func isTypable(_ text: Span<UInt8>) -> Bool {
    guard !text.isEmpty, text.isUTF8 else { return false }
    return text.indices.allSatisfy {
      text[$0] >= 0x20 && text[$0] != 0x7F || [0x09, 0x0A, 0x0D].contains(text[$0])
    }
  }
}
