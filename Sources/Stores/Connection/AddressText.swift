// An address of a server for people. One that is typed as a URL may have a user and a password in it, or options
// behind a question mark; neither belongs into a message.

package enum AddressText {
  private static let mask = "***"

  /// `tcp:user:secret@host?key=secret` as `tcp:***@host?***`.
  package static func redacted(_ text: String) -> String {
    let shown = withoutUser(text).unicodeScalars
    guard let mark = shown.firstIndex(of: "?") else { return String(shown) }
    return String(shown[...mark]) + mask
  }

  /// `//user:secret@host` as `//user:***@host`, `user:secret@host` as `user:***@host`, and after `//` a user alone,
  /// who may be a token, as `//***@host`. A password may hold any sign, `@` and `/` too: it ends at the last `@`.
  package static func withoutUser(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let at = scalars.lastIndex(of: "@") else { return text }
    let start = scalars[..<at].firstRange(of: "//".unicodeScalars)?.upperBound
    let colon = scalars[(start ?? scalars.startIndex)..<at].firstIndex(of: ":")
    guard let secret = colon.map({ scalars.index(after: $0) }) ?? start else { return text }
    return String(scalars[..<secret]) + mask + String(scalars[at...])
  }

  /// Whether the path of a store is an address of a server or has options, so that a message must not show it.
  static func isAddress(_ path: String) -> Bool {
    let scalars = path.unicodeScalars
    if let equals = scalars.lastIndex(of: "="),
      scalars[..<equals].contains(where: { "?;&".unicodeScalars.contains($0) })
    {
      return true
    }
    // A file may have both signs in its name; its whole path says that it is one.
    if path.hasPrefix("/"), !path.hasPrefix("//") { return false }
    return withoutUser(path) != path
  }
}
