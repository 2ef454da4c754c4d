// Keys that somebody can guess: from documentation, from a pattern, or of printable characters only.

internal import Native

package enum KeyWeakness: Equatable, Sendable {
  /// It is printed in documentation or test data.
  case wellKnown
  /// All bytes are the same, or each one is the one before and 1.
  case pattern
  /// All bytes are printable ASCII: a password, or a key that the Helm chart made (16 of them, about 105 bits).
  case printable
}

extension MasterKey {
  /// Why the key can be guessed; nil if nothing shows that it can.
  package borrowing func weakness() throws(KeyError) -> KeyWeakness? {
    if KeyWeakness.published.contains(try KeyFingerprint(of: self).description) {
      return .wellKnown
    }
    return bytes.withBytes { bytes in
      let steps = (1..<bytes.count).map { bytes[$0] &- bytes[$0 - 1] }
      if let first = steps.first, first < 2, steps.allSatisfy({ $0 == first }) { return .pattern }
      let isPrintable = bytes.indices.allSatisfy { (0x20...0x7E).contains(bytes[$0]) }
      return isPrintable ? .printable : nil
    }
  }
}

extension KeyWeakness {
  /// Fingerprints of the keys in the vendor's documentation, and in configurations that were copied from it.
  fileprivate static let published: Set<String> = [
    "SHA256:ECYrPqZTSJLAY7DtUP+rzRPnYpmSU34l3Ai+eCPY7og"
  ]
}
