// The manifest of a project export of Octopus, which distinguishes an export from a store: both are folders of JSON
// documents with sensitive values, but those of an export are under a key made of its password.

internal import Native

package enum ExportManifest {
  package static let fileName = "manifest.json"
  /// What every export has, beside its documents.
  package static let fileNames = [fileName, "checksum"]

  /// Whether a text is a manifest: an object with a list of files and their digests (`Entries`). Where the list is
  /// not as in known versions, the ciphertext that proves the password (`Hello` or `Cephalopod`) has to be there.
  package static func isManifest(_ text: Span<UInt8>) -> Bool {
    var reading = Reading()
    var tokens = JSONTokens(text)
    // What follows the proof does not matter, and what is not JSON up to it is not a manifest.
    while !reading.isProof {
      guard let token = try? tokens.next(in: text), reading.add(token, of: text) else {
        return false
      }
    }
    return true
  }

  private struct Reading {
    private var depth = 0
    /// The member that is being read: of the whole, and of an entry.
    private var member: String?
    private var part: String?
    private var isInEntries = false
    private var hasEntries = false
    private var hasCiphertext = false
    private var partsOfEntry: Set<String> = []

    var isProof: Bool { hasEntries && (hasCiphertext || partsOfEntry.count == 2) }

    /// - Returns: false at the end.
    mutating func add(_ token: JSONTokens.Token, of text: Span<UInt8>) -> Bool {
      switch token {
      case .end: return false
      case .openObject:
        depth += 1
        if isInEntries, depth == 3 { partsOfEntry.removeAll() }
      case .openArray:
        if depth == 1, member == "Entries" {
          isInEntries = true
          hasEntries = true
        }
        depth += 1
      case .close:
        depth -= 1
        if depth == 1 { isInEntries = false }
      case .key(let key):
        if depth == 1 { member = Reading.text(key, of: text) }
        if depth == 3 { part = Reading.text(key, of: text) }
      case .string(let string): add(string, of: text)
      case .literal: break
      }
      return true
    }

    private mutating func add(_ string: JSONTokens.StringToken, of text: Span<UInt8>) {
      if depth == 1, member == "Hello" || member == "Cephalopod", string.resemblesCiphertext {
        hasCiphertext = true
      }
      guard isInEntries, depth == 3, let part else { return }
      // SHA-1, in hexadecimal.
      if part == "DocumentSource" || part == "Hash" && string.range.count == 40 {
        partsOfEntry.insert(part)
      }
    }

    /// A name; longer ones are none that matter.
    private static func text(_ token: JSONTokens.StringToken, of text: Span<UInt8>) -> String? {
      guard token.range.count <= 20 else { return nil }
      return String(decoding: token.range.map { text[$0] }, as: UTF8.self)
    }
  }
}
