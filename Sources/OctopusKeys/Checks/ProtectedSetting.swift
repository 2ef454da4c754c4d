// Protected settings of any kind: the Master Key is JSON text (base64 in double quotes) under the
// machine key, everything else is its own text (octopus-formats, section 1.2).

package import Native

extension MachineKeys {
  package struct OpenedSetting: ~Copyable {
    /// The text as a person would type it: a Master Key has no quotes.
    package let text: SecretBytes
    package let form: Form
    /// False if an earlier machine key passes the padding check by chance: the server takes what comes
    /// out of that.
    package let isReadByServer: Bool
  }

  /// Decrypts the value of the setting called `name`.
  ///
  /// - Returns: nil if no machine key decrypts it, and for a form that octokey does not read.
  package func open(_ value: String, of name: String) throws(ConfigError) -> OpenedSetting? {
    let isKey = KnownSetting.named(name)?.kind == .masterKey
    for form in Form.allCases {
      guard let plaintext = try unprotect(value, as: form) else { continue }
      if let text = plaintext.withBytes({ isKey ? Self.keyText($0) : Self.plainText($0) }) {
        return OpenedSetting(
          text: text, form: form, isReadByServer: try formForServer(value) == form)
      }
    }
    return nil
  }

  /// Whether the server reads `text` from the protected value of the setting called `name`.
  package func isRead(
    _ text: borrowing SecretBytes, from value: String, of name: String
  ) throws(ConfigError) -> Bool {
    guard let opened = try open(value, of: name) else { return false }
    return opened.isReadByServer && opened.text.equals(text)
  }

  /// Protects `text` as the value of the setting called `name`.
  ///
  /// - Parameter source: where the text comes from, for errors.
  /// - Throws: `ConfigError.noMachineKey`, `.protectionFailed`; `.key` for what is not a Master Key.
  package func protect(
    _ text: borrowing SecretBytes, of name: String, source: String
  ) throws(ConfigError) -> String {
    if KnownSetting.named(name)?.kind == .masterKey {
      let key = try rethrow(
        as: ConfigError.key,
        text.withBytes { (text) throws(KeyError) in try MasterKey(base64: text, source: source) })
      return try protect(key)
    }
    return try text.withBytes { (text) throws(ConfigError) in try protect(text) }
  }

  /// Fails for a value in the form of a newer server: it is neither read nor replaced, because what that
  /// server would make of the older form is not known.
  ///
  /// - Throws: `ConfigError.protectedByNewerServer`.
  package static func requireKnownForm(
    _ value: String, of name: String, in path: String
  ) throws(ConfigError) {
    if isOfNewerServer(value) { throw .protectedByNewerServer(path: path, setting: name) }
  }

  /// As `requireKnownForm`, for whoever only reads: also for what Windows protects.
  ///
  /// - Throws: `ConfigError.protectedByNewerServer` or `.protectedByWindows`.
  package static func requireReadableForm(
    _ value: String, of name: String, in path: String
  ) throws(ConfigError) {
    try requireKnownForm(value, of: name, in: path)
    if isFromWindows(value) { throw .protectedByWindows(path: path, setting: name) }
  }

  /// Whether a value is in the form `$OctopusMachineKeyV1$`.
  package static func isOfNewerServer(_ value: String) -> Bool {
    value.utf8.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
      .starts(with: "$OctopusMachineKeyV1$".utf8)
  }

  package static func isFromWindows(_ value: String) -> Bool {
    // The base64 of version 1 and the GUID of DPAPI's provider, but for its last half character.
    value.withoutBlanks.starts(with: "AQAAANCMnd8BFdERjHoAwE/Cl+".utf8)
  }

  /// Whether a value says of itself that it is protected, whatever its setting is called.
  package static func saysProtected(_ value: String) -> Bool {
    isOfNewerServer(value) || isFromWindows(value)
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
