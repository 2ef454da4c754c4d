// Values that decrypt under both keys of a rotation. One of the two is chance, and a later run that sees a mixture
// could not tell which. So a rotation never makes such a value itself (`ValueCipher.seal`), and the few that are under
// the new key already, and are left as they are, are in its journal by the digests of their ciphertexts.

internal import Native

/// What is known of them until it is decided which key is meant.
struct AmbiguousValues: Sendable {
  /// More than that are not written into a journal.
  static let limit = 5_000

  var findings = Findings()
  /// The digests of their ciphertexts, `limit` at most.
  private(set) var digests: [String] = []
  /// The ledger of the fields that hold them, if they are taken as old ones, or as new ones.
  var ledgerIfOld = Ledger()
  var ledgerIfNew = Ledger()

  var count: Int { findings.count }

  mutating func add(digest: String) {
    if digests.count < AmbiguousValues.limit { digests.append(digest) }
  }

  mutating func add(_ others: AmbiguousValues) {
    findings.add(others.findings)
    digests += others.digests.prefix(AmbiguousValues.limit - digests.count)
    ledgerIfOld.add(others.ledgerIfOld)
    ledgerIfNew.add(others.ledgerIfNew)
  }
}

/// Makes digests of ciphertexts that say nothing to anyone without the new key. Not for two threads at once.
final class CiphertextDigest {
  private let key: SecretBytes

  init(key masterKey: borrowing MasterKey) throws(NativeError) {
    let label = Array("octokey ambiguous 1".utf8)
    key = try Digest.hmac(key: masterKey.bytes, message: label.span)
  }

  /// The first 16 bytes of an HMAC-SHA256, as base64.
  func digest(of ciphertext: Span<UInt8>) throws(NativeError) -> String {
    let code = try Digest.hmac(key: key, message: ciphertext)
    return code.withBytes { Base64.string($0.extracting(0..<16)) }
  }
}
