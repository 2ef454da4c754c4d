// Is this the key of this store? Decided from text values and from the server's certificate.
//
// CBC is unauthenticated: a wrong key decrypts a value of one block to plausible text with the probability
// q = 7.7e-7 (measured; longer values: less). So a single value that decrypts among a million that do not is
// chance. A wrong key is accepted with at most q in a store with one value; where all but one fail it needs three
// different chance hits that outnumber the failures, about 5e-18 in a store with five values.

/// What the values of a store say of a key.
package enum KeyFit: Sendable {
  case fits
  case doesNotFit
  /// There was nothing to try the key on.
  case unknown
}

/// Why a key is not that of a store, for people.
package struct KeyMisfit: Hashable, Sendable {
  /// Distinct text values that decrypt, and that do not.
  package let decrypted: Int
  package let failed: Int
  /// The server's certificate is there and does not decrypt: that decides.
  package let certificateFails: Bool

  /// Not one value decrypts.
  package var isTotal: Bool { decrypted == 0 }

  package init(decrypted: Int, failed: Int, certificateFails: Bool) {
    self.decrypted = decrypted
    self.failed = failed
    self.certificateFails = certificateFails
  }

  init(_ evidence: KeyEvidence) {
    self.init(
      decrypted: evidence.decrypted.value, failed: evidence.failed.value,
      certificateFails: evidence.failedCertificates > 0)
  }
}

/// The evidence, counted over distinct ciphertexts. Values of binary fields never count: only their padding
/// shows anything.
struct KeyEvidence: Sendable {
  private(set) var decrypted = DistinctCount()
  private(set) var failed = DistinctCount()
  /// Values of the server's certificate that decrypt and that libcrypto can read.
  private(set) var certificates = 0
  /// Values of the server's certificate that do not decrypt.
  private(set) var failedCertificates = 0

  mutating func addDecrypted(_ ciphertext: Span<UInt8>, certificate: Bool) {
    decrypted.add(ciphertext)
    if certificate { certificates += 1 }
  }

  mutating func addFailed(_ ciphertext: Span<UInt8>, certificate: Bool) {
    failed.add(ciphertext)
    if certificate { failedCertificates += 1 }
  }

  mutating func add(_ other: KeyEvidence) {
    decrypted.add(other.decrypted)
    failed.add(other.failed)
    certificates += other.certificates
    failedCertificates += other.failedCertificates
  }

  /// The certificate alone decides, as for the server. Otherwise every value must decrypt, or three at least and
  /// more than fail.
  var fit: KeyFit {
    if certificates > 0 { return .fits }
    if failedCertificates > 0 { return .doesNotFit }
    let (decrypted, failed) = (decrypted.value, failed.value)
    if decrypted + failed == 0 { return .unknown }
    if failed == 0 { return .fits }
    return decrypted >= 3 && decrypted > failed ? .fits : .doesNotFit
  }
}

extension Survey {
  /// Why the old key is not that of the store; nil where it is, or where there was nothing to try it on.
  package var misfit: KeyMisfit? {
    switch keyFit {
    case .doesNotFit: KeyMisfit(evidence)
    case .fits, .unknown: nil
    }
  }
}
