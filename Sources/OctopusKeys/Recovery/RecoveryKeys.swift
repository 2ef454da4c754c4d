// The two keys of an interrupted rotation, from wherever they are: given, in the config, in the files that the journal
// names, or in files of these names beside the journal, if the node's folder was moved.

internal import FoundationEssentials
internal import Native

final class RecoveryKeys {
  private(set) var old: HeldKey?
  private(set) var new: HeldKey?
  /// The fingerprint of the key that the config holds; nil if it cannot be read here.
  private(set) var configKey: String?
  /// Which of the two that is; nil if it is neither, or cannot be read.
  var configHolds: RecoveryKey? { configKey.flatMap(journal.role(of:)) }

  /// The path of the file that holds the new key; nil if it is at neither place.
  private(set) var newKeyFile: String?

  private let journal: Journal
  /// Why a key file could not be read.
  private var trouble: [RecoveryKey: RotationError] = [:]

  /// - Parameters:
  ///   - target: what was rotated.
  ///   - old, new: keys that were given.
  /// - Throws: `RotationError.otherKey` for a key that is not the journal's.
  init(
    _ journal: Journal, of target: RotationTarget,
    old: consuming MasterKey?, new: consuming MasterKey?
  ) throws(RotationError) {
    self.journal = journal
    if let old { self.old = try held(old, .old, "the old key") }
    if let new { self.new = try held(new, .new, "the new key") }
    try findInConfig(target)
    let folder = target.folder
    if let (key, path) = try find(.new, at: journal.keyFile, folder) {
      self.new = self.new ?? key
      newKeyFile = path
    }
    if self.old == nil, let file = journal.oldKeyFile {
      self.old = try find(.old, at: file.path, folder)?.key
    }
  }

  /// Writes the new key to a key file again where that was lost, so that the config is not its only copy.
  func restoreNewKeyFile(in folder: StateFolder, _ now: Date) throws(RotationError) {
    guard newKeyFile == nil, let new else { return }
    newKeyFile = try rethrow(as: RotationError.key) { () throws(KeyError) in
      let path = folder.newKeyPath(
        try KeyFingerprint(of: new.key), TimeStamp.forFileName(now))
      try KeyFile.create(path, key: new.key, created: now, owner: folder.owner).commit()
      return path
    }
  }

  /// For a key without which nothing can be decided.
  func needs(_ role: RecoveryKey) -> RotationError {
    .recoveryNeedsKey(
      role, fingerprint: fingerprint(role),
      expectedAt: role == .new ? journal.keyFile : journal.oldKeyFile?.path,
      trouble: trouble[role])
  }

  private func fingerprint(_ role: RecoveryKey) -> String {
    role == .new ? journal.newKey : journal.oldKey
  }

  /// A config that cannot be read, or whose key cannot, holds neither as far as we can tell.
  private func findInConfig(_ target: RotationTarget) throws(RotationError) {
    let found = target.heldKey
    configKey = try found?.fingerprint()
    switch configHolds {
    case .old: old = old ?? found
    case .new: new = new ?? found
    case nil: break
    }
  }

  /// What stands in the way counts only if the key is needed.
  private func find(
    _ role: RecoveryKey, at path: String, _ folder: StateFolder
  ) throws(RotationError) -> (key: HeldKey, path: String)? {
    for candidate in [path, folder.beside(path)] {
      do throws(RotationError) {
        let key = try rethrow(as: RotationError.key, KeyFile.readFound(candidate))
        return (try held(key, role, candidate), candidate)
      } catch {
        // A file that is damaged, or holds another key, says more than one that is missing.
        if trouble[role]?.isNotFound ?? true { trouble[role] = error }
      }
    }
    return nil
  }

  private func held(
    _ key: consuming MasterKey, _ role: RecoveryKey, _ source: String
  ) throws(RotationError) -> HeldKey {
    let found = try rethrow(as: RotationError.key, KeyFingerprint(of: key)).description
    guard found == fingerprint(role) else {
      throw .otherKey(source: source, expected: fingerprint(role))
    }
    return HeldKey(key)
  }
}

extension RotationError {
  fileprivate var isNotFound: Bool {
    if case .key(.native(let error)) = self { error.isNotFound } else { false }
  }
}
