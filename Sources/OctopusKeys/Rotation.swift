// The whole rotation of a node, in the one order that loses nothing:
//
//   survey → key file → draft of the node config → rewrite → read back → commit → node config
//
// The key file is on the device before the first value is encrypted with its key, and everything about
// the node config that can be refused is refused before the commit. Up to the commit every failure
// leaves the store, the config and the folder as they were.

public import FoundationEssentials
internal import Native

/// A rotation of the Master Key of one node and its store.
public final class Rotation {
  /// The node whose key is rotated.
  public struct Node {
    /// Its config as it was read.
    public let config: NodeConfigFile
    /// What protects the Master Key in it.
    public let machineKeys: MachineKeys
    /// How the present key is protected; nil if that is not known.
    public let form: MachineKeys.Form?

    /// Describes a node.
    public init(config: NodeConfigFile, machineKeys: MachineKeys, form: MachineKeys.Form?) {
      self.config = config
      self.machineKeys = machineKeys
      self.form = form
    }
  }

  /// What came of it.
  public struct Outcome: Sendable {
    /// What was written.
    public let store: StoreRotation.Outcome
    /// The file with the new key.
    public let keyFile: String
    /// The copy of the former config, which still holds the old key.
    public let configBackup: String
    /// What the store could not clear of its former contents.
    public let residues: [StoreResidue]
  }

  private let node: Node
  private let storeRotation: StoreRotation
  private let newKey: MasterKey
  private let now: Date
  private let lock: FileLock

  /// Takes the lock beside the config and prepares; nothing is changed yet.
  ///
  /// - Parameter now: the time for file names and comments.
  /// - Throws: `KeysError.configLocked` if another octokey is at work on this config, `.sameKey`.
  public init(
    node: Node, store: any Store, oldKey: borrowing MasterKey, newKey: consuming MasterKey,
    options: StoreRotation.Options, now: Date
  ) throws(KeysError) {
    lock = try node.config.lock()
    storeRotation = try StoreRotation(
      store: store, oldKey: oldKey, newKey: newKey, options: options)
    self.node = node
    self.newKey = newKey
    self.now = now
  }

  /// Opens the store and looks at every value; writes nothing.
  public func survey(progress: @escaping StoreRotation.Progress) throws(KeysError) -> Survey {
    try storeRotation.survey(.rewrite, progress: progress)
  }

  /// Rotates.
  ///
  /// - Throws: what `StoreRotation.judge` throws if the survey forbids it; `.configNotSwitched` if
  ///   all values are under the new key but the config could not be put in place. Any other error
  ///   means that nothing was changed.
  public func run(
    _ survey: Survey, progress: @escaping StoreRotation.Progress
  ) throws(KeysError) -> Outcome {
    try storeRotation.judge(survey)
    let stamp = TimeStamp.forFileName(now)
    let fingerprint = try KeyFingerprint(of: newKey)
    let keyPath = node.config.sibling("master-key-\(stamp)-\(fingerprint.short).key")
    let keyFile = try KeyFile.create(
      keyPath, key: newKey, created: now, owner: node.config.owner)
    let replacement = try node.config.replacement(
      masterKey: newKey, machineKeys: node.machineKeys, form: node.form, stamp: stamp)
    let written = try storeRotation.rewrite(survey, progress: progress)
    // From here on the key file stays, whatever happens: a commit may have taken place even if it
    // reports a failure.
    keyFile.commit()
    try storeRotation.commit()
    do {
      try replacement.commit()
    } catch {
      throw .configNotSwitched(config: node.config.path, keyFile: keyPath, reason: error)
    }
    // The values are safe now; what cannot be cleared is told and no failure.
    let residues = (try? storeRotation.scrub()) ?? []
    return Outcome(
      store: written, keyFile: keyPath, configBackup: node.config.backupPath(stamp),
      residues: residues)
  }
}
