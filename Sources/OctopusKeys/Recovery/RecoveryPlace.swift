// Which store a recovery may work on. The journal says which one was rotated, the config names the node's, and a
// person may say --store. In a copied folder, on another node or after a restore these differ, and the values
// alone cannot tell: a copy has the same ones, and says nothing of the store that was rotated.

internal import Native

/// A store that a recovery may work on.
package struct RecoveryPlace: Sendable {
  package typealias StoreName = Journal.StoreName

  /// What the config says of its store.
  package enum Named: Sendable {
    case store(StoreName)
    /// It names none.
    case none
    /// What it says cannot be read.
    case unreadable
  }

  /// How the store is known to be the one that was rotated.
  package enum Kinship: Sendable {
    /// It is where the journal says, the engine calls it the same, or a person says so.
    case same
    /// It was moved together with the config.
    case movedAlong
    /// It may be any copy.
    case unknown
  }

  package let kinship: Kinship

  /// Whether the config names no other store, either. Only then do the values tell what became of the rotation.
  package let isCertain: Bool

  /// The store that the config goes on to name, where that is another one.
  package let stillNamed: String?

  /// - Parameters:
  ///   - target: beside which the journal is.
  ///   - given: the store that a person named; nil for the one of the journal.
  ///   - isMoved: whether a person says that this is the store of the journal.
  ///   - identity: what the engine calls the store that was given; see `Store.identity`.
  /// - Throws: `RotationError.recoveryOfOtherConfig`, `.recoveryOfOtherStore`, `.recoveryOfCopy`.
  package init(
    _ journal: Journal, of target: RotationTarget, named: Named, given: StoreName?,
    isMoved: Bool = false, identity: () throws(RotationError) -> String? = { nil }
  ) throws(RotationError) {
    let recorded = journal.store
    let folder = target.folder
    let config = target.config?.path
    let isNamed = try named.isSameStore(as: recorded, orNone: true)
    guard let given else {
      try requireSame(config, as: journal, in: target)
      guard isNamed else {
        throw .recoveryOfOtherStore(
          journal: folder.journalPath, store: recorded, named: named.location)
      }
      (kinship, isCertain, stillNamed) = (.same, true, nil)
      return
    }
    let isGivenNamed = try named.isSameStore(as: given, orNone: true)
    var isRecorded = try given.isSameStore(as: recorded)
    if !isRecorded, let known = recorded.identity, given.path == nil {
      isRecorded = try identity() == known
    }
    if !isRecorded {
      // Behind a server it cannot be seen. If the config names the given one, it has moved there.
      let isNamedHere = try named.isSameStore(as: given, orNone: false)
      let mayBeThere = try recorded.isThere() ?? !(isMoved || isNamedHere)
      guard !mayBeThere else {
        throw .recoveryOfCopy(
          journal: folder.journalPath, store: recorded, given: given.location)
      }
    }
    let movedAlong = try given.isMovedAlong(from: recorded, journal.config, to: config)
    let isMovedAlong = !isRecorded && movedAlong
    kinship = isRecorded || isMoved ? .same : isMovedAlong ? .movedAlong : .unknown
    isCertain =
      switch kinship {
      case .same: isNamed || isGivenNamed
      case .movedAlong: isGivenNamed
      case .unknown: false
      }
    stillNamed = isGivenNamed ? nil : named.location
  }
}

extension RecoveryPlace {
  /// A store of which nothing but this is known.
  init(_ kinship: Kinship) {
    (self.kinship, isCertain, stillNamed) = (kinship, kinship == .same, nil)
  }
}

extension RecoveryPlace.Named {
  fileprivate var location: String? {
    switch self {
    case .store(let name): name.location
    case .none, .unreadable: nil
    }
  }

  /// - Parameter orNone: what a config that names none comes to.
  fileprivate func isSameStore(
    as other: Journal.StoreName, orNone: Bool
  ) throws(RotationError) -> Bool {
    switch self {
    case .store(let name): try name.isSameStore(as: other)
    case .none: orNone
    case .unreadable: false
    }
  }
}

extension Journal.StoreName {
  /// The path from the folder of `config` on; nil if the store is not below it, or behind a server.
  fileprivate func path(from config: String) -> String? {
    let folder = FilePath(config).folder + "/"
    guard let path, path.hasPrefix(folder) else { return nil }
    return String(path.dropFirst(folder.count))
  }

  fileprivate func isSameStore(as other: Journal.StoreName) throws(RotationError) -> Bool {
    guard kind == other.kind else { return false }
    if location == other.location { return true }
    guard let path, let otherPath = other.path else { return false }
    return try isSameFile(path, otherPath)
  }

  /// Whether it is where `other` would be if that had been moved together with the config.
  fileprivate func isMovedAlong(
    from other: Journal.StoreName, _ formerConfig: String?, to config: String?
  ) throws(RotationError) -> Bool {
    guard let formerConfig, let config, kind == other.kind, let below = path(from: config) else {
      return false
    }
    let isConfigThere = try rethrow(as: RotationError.native, FileStatus.isThere(formerConfig))
    return !isConfigThere && below == other.path(from: formerConfig)
  }

  /// Whether there is anything at its place; nil where that cannot be seen.
  fileprivate func isThere() throws(RotationError) -> Bool? {
    guard let path else { return nil }
    return try rethrow(as: RotationError.native, FileStatus.isThere(path))
  }
}

/// Fails where the journal is of a rotation of another config, or of none.
private func requireSame(
  _ config: String?, as journal: Journal, in target: RotationTarget
) throws(RotationError) {
  let isSame =
    if let config, let recorded = journal.config {
      try isSameFile(recorded, config)
    } else {
      config == nil && journal.config == nil
    }
  guard isSame else {
    throw .recoveryOfOtherConfig(
      journal: target.folder.journalPath, recorded: journal.config, found: target.place,
      store: journal.store)
  }
}

/// Whether both paths lead to one file or folder. What does not exist is the same only as itself.
private func isSameFile(_ first: String, _ second: String) throws(RotationError) -> Bool {
  if first == second { return true }
  do throws(NativeError) {
    return try FileStatus.read(first).isSameFile(as: .read(second))
  } catch {
    if error.isNotFound { return false }
    throw .native(error)
  }
}
