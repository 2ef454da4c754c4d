// What can go wrong with keys, key files and node configs, as facts. Words for people are in the
// executable's Failures.swift. No case ever carries a secret.

public import Native

/// A failure of the key and configuration formats.
public enum KeysError: Error, Equatable, Sendable {
  /// A call into Linux or a library failed.
  case native(NativeError)
  /// A Master Key of this many bytes; 16 or 32 are allowed.
  case keyLength(bytes: Int, source: String)
  /// The text is no base64; `source` names where it came from, for people.
  case keyNotBase64(source: String)
  /// There is no key in the text at all.
  case keyMissing(source: String)
  /// A key file holds something after the key, at `line` (from 1).
  case keyNotAlone(source: String, line: Int)
  /// The fingerprint in a key file's comment is not that of its key: one of them is damaged.
  case fingerprintDiffers(source: String)
  /// A key file that was just written holds something else when it is read back.
  case readBackDiffers(path: String)

  // The rotation and its checks.

  /// A store failed.
  case store(StoreError)
  /// The store has no collection that could hold documents.
  case noDocuments(location: String)
  /// The new key is the old key.
  case sameKey(KeyFingerprint)
  /// Not one value of the store opens under the old key, nor under the new one.
  case keyOpensNothing(KeyFingerprint, location: String, values: Int)
  /// Some values open under neither key, or cannot be judged; nothing was written.
  case unreadable(Findings, location: String)
  /// What was read back is not what was written; everything was rolled back.
  case ledgerMismatch(before: Ledger, after: Ledger, location: String)
}
