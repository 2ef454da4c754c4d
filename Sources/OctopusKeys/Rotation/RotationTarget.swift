// What a rotation belongs to: a node, whose config gets the new key at the end, or a folder that stands for nodes whose
// configs are out of reach, as in a cluster or on Windows.

internal import Native

/// A node or a state folder by its path, for messages.
package enum NodePlace: Hashable, Sendable {
  case config(String)
  case stateFolder(String)

  package var path: String {
    switch self {
    case .config(let path), .stateFolder(let path): path
    }
  }
}

package enum RotationTarget {
  /// A config, and what protects the Master Key in it.
  case node(ConfigFile, MachineKeys)
  case folder(StateFolder)

  /// Where lock, journal, key file and report are.
  package var folder: StateFolder {
    switch self {
    case .node(let config, _): config.stateFolder
    case .folder(let folder): folder
    }
  }

  package var config: ConfigFile? {
    switch self {
    case .node(let config, _): config
    case .folder: nil
    }
  }

  package var place: NodePlace {
    switch self {
    case .node(let config, _): .config(config.path)
    case .folder(let folder): .stateFolder(folder.path)
    }
  }

  /// The key that the config holds; nil if there is none, or it cannot be read here.
  var heldKey: HeldKey? {
    switch self {
    case .node(let config, let machineKeys): config.heldKey(machineKeys)
    case .folder: nil
    }
  }

  /// Fails where a rotation could not take the lock, or would find a journal; takes no lock and writes nothing.
  func requireReady(
    for newKey: borrowing MasterKey, inPlace: Bool
  ) throws(ConfigError) {
    try folder.requireNoJournal(of: place)
    switch self {
    case .node(let config, let machineKeys):
      try config.requireUnchanged()
      try config.requireSettable(newKey, machineKeys, inPlace: inPlace)
    case .folder(let folder):
      try folder.requireOurs(for: place)
    }
  }
}

/// A target that no other octokey works on for as long as this value lives.
package struct LockedTarget: ~Copyable {
  private enum Lock: ~Copyable {
    case config(LockedConfigFile)
    case folder(FileLock)
  }

  private let target: RotationTarget
  private let lock: Lock

  /// - Parameter forRecovery: whether there may be a journal.
  /// - Throws: `ConfigError.locked`, `.unfinishedRotation`, `.openFolder`, `.native`.
  static func lock(
    _ target: RotationTarget, forRecovery: Bool = false
  ) throws(ConfigError) -> LockedTarget {
    switch target {
    case .node(let config, _):
      let locked = try LockedConfigFile.lock(config, forRecovery: forRecovery)
      return LockedTarget(target: target, lock: .config(locked))
    case .folder(let folder):
      let lock = try folder.lock(for: target.place, patience: LockedConfigFile.patience)
      if !forRecovery {
        try folder.requireNoJournal(of: target.place)
        folder.removeLeftoverDrafts()
      }
      return LockedTarget(target: target, lock: .folder(lock))
    }
  }

  /// The config with another Master Key, ready to be put in place; nil where there is no config.
  borrowing func replacement(
    masterKey: borrowing MasterKey, stamp: String, inPlace: Bool
  ) throws(ConfigError) -> FileReplacement? {
    guard case .node(_, let machineKeys) = target else { return nil }
    switch lock {
    case .config(let config):
      return try config.replacement(
        masterKey: masterKey, machineKeys: machineKeys, stamp: stamp, inPlace: inPlace)
    case .folder: return nil
    }
  }

  /// Removes what a killed octokey left there.
  borrowing func removeLeftoverDrafts() {
    switch lock {
    case .config(let config): config.removeLeftoverDrafts()
    case .folder: target.folder.removeLeftoverDrafts()
    }
  }
}
