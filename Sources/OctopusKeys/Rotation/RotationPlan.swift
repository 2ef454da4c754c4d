// What a rotation is to do, as it was asked for. Nothing in it has been checked: that is Preflight's.

package import FoundationEssentials
internal import Native

/// One rotation of a store, and of a node if its config is within reach.
package final class RotationPlan {
  package struct Options: Sendable {
    package var store = StoreRotation.Options()
    /// Write the config in place where it cannot be replaced.
    package var inPlace = false
    /// The new key is in a place that lasts as well, or may be forgotten: the folder need not last.
    package var newKeyIsElsewhere = false
    /// This node's server is stopped between examining and admitting.
    package var stopsServer = false
    /// A snapshot of the database is made before the first write.
    package var makesSnapshot = false

    package init() {}
  }

  /// Where the old key came from.
  package enum OldKeySource: Sendable {
    case config
    /// A file that stays.
    case file(path: String)
    /// A pipe or a prompt: octokey keeps a copy until the rotation is done.
    case stream
  }

  /// Fails while a server is at work on the store.
  package typealias QuietCheck = () throws(RotationError) -> Void

  package let target: RotationTarget
  package var folder: StateFolder { target.folder }
  let store: any Store
  /// The file or folder of the store; nil behind a server.
  let storePath: String?
  package let oldKey: MasterKey
  let oldKeySource: OldKeySource
  package let newKey: MasterKey
  let options: Options
  let requireQuiet: QuietCheck
  package let now: Date
  let cancellation: Cancellation
  let progress: PassProgress.Observer
  let steps: RotationStep.Observer

  /// - Parameters:
  ///   - target: the node with its config as it was read, or a folder.
  ///   - requireQuiet: asked before and after the locks are taken.
  ///   - now: the time for file names and comments.
  package init(
    target: RotationTarget, store: any Store, storePath: String?,
    oldKey: consuming MasterKey,
    oldKeySource: OldKeySource, newKey: consuming MasterKey, options: Options = Options(),
    requireQuiet: @escaping QuietCheck, now: Date, cancellation: Cancellation,
    progress: @escaping PassProgress.Observer,
    steps: @escaping RotationStep.Observer = { _ in }
  ) {
    self.target = target
    self.store = store
    self.storePath = storePath
    self.oldKey = oldKey
    self.oldKeySource = oldKeySource
    self.newKey = newKey
    self.options = options
    self.requireQuiet = requireQuiet
    self.now = now
    self.cancellation = cancellation
    self.progress = progress
    self.steps = steps
  }

  package func oldFingerprint() throws(RotationError) -> KeyFingerprint {
    try rethrow(as: RotationError.key, KeyFingerprint(of: oldKey))
  }

  package func newFingerprint() throws(RotationError) -> KeyFingerprint {
    try rethrow(as: RotationError.key, KeyFingerprint(of: newKey))
  }

  package var oldBits: Int { oldKey.size.rawValue }
  package var newBits: Int { newKey.size.rawValue }

  /// The store's part of it; nothing is opened yet.
  ///
  /// - Throws: `RotationError.sameKey`.
  func storeRotation() throws(RotationError) -> StoreRotation {
    try StoreRotation(
      store: store, oldKey: oldKey, newKey: newKey, options: options.store,
      cancellation: cancellation, progress: progress)
  }
}
