// The two keys of an interrupted rotation, from wherever they are: given, in the config, in the files that the journal
// names, or in files of these names beside the journal, if the node's folder was moved.

internal import Native

final class RecoveryKeys {
  private(set) var old: HeldKey?
  private(set) var new: HeldKey?
  /// The fingerprint of the key that the config holds; nil if it cannot be read here.
  private(set) var configKey: String?
  /// Which of the two that is; nil if it is neither, or cannot be read.
  var configHolds: RecoveryKey? { configKey.flatMap(journal.role(of:)) }

  /// The path of the new key's file; where the journal says if it is at neither place.
  let newKeyFile: String

  private let journal: Journal
  /// Why a key file could not be read.
  private var trouble: [RecoveryKey: KeyError] = [:]

  /// - Parameters:
  ///   - folder: where the journal is.
  ///   - old, new: keys that were given.
  /// - Throws: `RotationError.otherKey` for a key that is not the journal's.
  init(
    _ journal: Journal, in folder: StateFolder, config: ConfigFile, _ machineKeys: MachineKeys,
    old: consuming MasterKey?, new: consuming MasterKey?
  ) throws(RotationError) {
    self.journal = journal
    newKeyFile = RecoveryKeys.place(of: journal.keyFile, folder)
    if let old { self.old = try held(old, .old, "the old key") }
    if let new { self.new = try held(new, .new, "the new key") }
    try findInConfig(config, machineKeys)
    if self.new == nil { self.new = try find(.new, at: journal.keyFile, folder) }
    if self.old == nil, let file = journal.oldKeyFile {
      self.old = try find(.old, at: file.path, folder)
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
  private func findInConfig(
    _ config: ConfigFile, _ machineKeys: MachineKeys
  ) throws(RotationError) {
    let found = config.heldKey(machineKeys)
    configKey = try found?.fingerprint()
    switch configHolds {
    case .old: old = old ?? found
    case .new: new = new ?? found
    case nil: break
    }
  }

  private func find(
    _ role: RecoveryKey, at path: String, _ folder: StateFolder
  ) throws(RotationError) -> HeldKey? {
    for candidate in [path, folder.beside(path)] {
      let key: MasterKey
      do {
        key = try KeyFile.read(candidate)
      } catch {
        // A file that is damaged says more than one that is missing.
        if trouble[role]?.isNotFound ?? true { trouble[role] = error }
        continue
      }
      return try held(key, role, candidate)
    }
    return nil
  }

  private static func place(of recorded: String, _ folder: StateFolder) -> String {
    for path in [recorded, folder.beside(recorded)] {
      // Where it may not be looked, nothing is known; only the report depends on it.
      if (try? FileStatus.isThere(path)) == true { return path }
    }
    return recorded
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

extension KeyError {
  fileprivate var isNotFound: Bool {
    if case .native(let error) = self { error.isNotFound } else { false }
  }
}
