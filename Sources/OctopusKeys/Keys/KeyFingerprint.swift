// The name of a key that may be shown to anybody.

internal import Native

/// SHA-256 over the raw key bytes; `base64 -d | openssl dgst -sha256` gives the same.
package struct KeyFingerprint: Hashable, Sendable, CustomStringConvertible {
  /// `SHA256:` and base64 without padding.
  package let description: String

  package init(of key: borrowing MasterKey) throws(KeyError) {
    let digest = try rethrow(as: KeyError.native) { () throws(NativeError) in
      try key.bytes.withBytes { (bytes) throws(NativeError) in try Digest.sha256(bytes) }
    }
    let text = Base64.string(digest.span)
    description = "SHA256:" + text.prefix { $0 != "=" }
  }

  /// Reads what a person or another octokey wrote; nil unless it has the shape of a fingerprint.
  package init?(_ text: String) {
    let body = text.dropFirst("SHA256:".count)
    guard text.hasPrefix("SHA256:"), body.utf8.count == 43,
      body.utf8.allSatisfy(Base64.isDigit)
    else { return nil }
    description = text
  }

  /// The first eight characters that may stand in a file name.
  package var short: String {
    String(description.dropFirst("SHA256:".count).filter { $0 != "/" && $0 != "+" }.prefix(8))
  }
}
