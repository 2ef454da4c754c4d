// Which Master Key a node config holds, and the copy that stays of one that gets another key. The copy may be the
// only place of a third key, so a report advises to destroy it only if it holds the key that was rotated away.

/// The copy of a config that was replaced.
package struct ConfigCopy: Sendable {
  package let path: String
  /// The fingerprint of the Master Key in it; nil if it cannot be read here.
  package let key: String?
}

extension ConfigFile {
  /// The Master Key in it; nil if it has none, or none that can be read here.
  func heldKey(_ machineKeys: MachineKeys) -> HeldKey? {
    do {
      return HeldKey(try machineKeys.masterKey(of: whole().settings()).key.copy())
    } catch {
      return nil
    }
  }
}

/// A Master Key that may be there or not.
final class HeldKey {
  let key: MasterKey

  init(_ key: consuming MasterKey) { self.key = key }

  func fingerprint() throws(RotationError) -> String {
    try rethrow(as: RotationError.key, KeyFingerprint(of: key)).description
  }
}
