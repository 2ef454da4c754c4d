// Public machine ids: whoever has the file can read what they protect.
//
// Debian's container images carry a machine id that is the MD5 of the build's time, as the text of the
// seconds since 1970 and a line feed (debuerreotype, scripts/debuerreotype-init). Images are built as
// of midnight, so that there are few of them. Images that are based on these, and every container that
// is made from those, have the same one.

package import Native

package enum SharedMachineID {
  /// Why an id is not a secret.
  package enum Reason: String, Sendable {
    /// It is in a container image of Debian's, and in those based on it.
    case debianImage
    /// It has a pattern that no random number has.
    case pattern
  }

  /// Why the id in `contents`, a machine-id file, is public or guessable; nil if it is neither.
  ///
  /// - Throws: `NativeError.crypto`, for example where MD5 is not allowed.
  package static func reason(
    _ contents: borrowing SecretBytes
  ) throws(NativeError) -> Reason? {
    guard let line = MachineKeyText.machineID(contents) else { return nil }
    return try line.withBytes { (bytes) throws(NativeError) -> Reason? in
      let digits = (0..<32).compactMap {
        Character(Unicode.Scalar(bytes[$0])).hexDigitValue.map(UInt8.init)
      }
      guard digits.count == 32 else { return nil }
      if hasPattern(digits) { return .pattern }
      let id = (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
      return try isOfDebianImage(id) ? .debianImage : nil
    }
  }

  private static let day = 86_400
  /// Debian's first image of this kind is of 2017; the last day is far away.
  private static let days = (1_483_228_800 / day)..<(2_208_988_800 / day)

  private static func isOfDebianImage(_ id: [UInt8]) throws(NativeError) -> Bool {
    for number in days {
      let text = Array("\(number * day)\n".utf8)
      if try Digest.md5(text.span) == id { return true }
    }
    return false
  }

  /// All digits alike, or each the successor of the one before.
  private static func hasPattern(_ digits: [UInt8]) -> Bool {
    let steps = Set(zip(digits, digits.dropFirst()).map { ($1 &- $0) & 15 })
    return steps.count == 1 && [0, 1, 15].contains(steps.first)
  }
}
