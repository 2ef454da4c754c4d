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

  /// Whether it is the store that the journal names, and the config names no other one. Only then do its values
  /// tell what became of the rotation.
  package let isCertain: Bool

  /// Whether the store is where the journal says, or was moved together with the config. Elsewhere it may be any
  /// copy.
  package let isItsPlace: Bool

  /// - Parameters:
  ///   - folder: where the journal is.
  ///   - given: the store that a person named; nil for the one of the journal.
  /// - Throws: `RotationError.recoveryOfOtherConfig`, `.recoveryOfOtherStore`, `.recoveryOfCopy`.
  package init(
    _ journal: Journal, in folder: StateFolder, config: String, named: Named, given: StoreName?
  ) throws(RotationError) {
    let recorded = journal.store
    let isNamed =
      switch named {
      case .store(let named): try named.isSameStore(as: recorded)
      case .none: true
      case .unreadable: false
      }
    guard let given else {
      guard try isSameFile(journal.config, config) else {
        throw .recoveryOfOtherConfig(
          journal: folder.journalPath, recorded: journal.config, found: config, store: recorded)
      }
      guard isNamed else {
        throw .recoveryOfOtherStore(
          journal: folder.journalPath, store: recorded, named: named.location)
      }
      (isCertain, isItsPlace) = (true, true)
      return
    }
    let isRecorded = try given.isSameStore(as: recorded)
    if !isRecorded {
      let mayBeThere =
        switch try recorded.isThere() {
        case let isThere?: isThere
        // Behind a server it cannot be seen. If the config names the given one, it has moved there.
        case nil: try !named.isSameStore(as: given)
        }
      guard !mayBeThere else {
        throw .recoveryOfCopy(
          journal: folder.journalPath, store: recorded, given: given.location)
      }
    }
    let isConfigThere = try rethrow(as: RotationError.native, FileStatus.isThere(journal.config))
    let below = given.path(from: config)
    let isMovedAlong =
      !isRecorded && !isConfigThere && given.kind == recorded.kind && below != nil
      && below == recorded.path(from: journal.config)
    let isGivenNamed =
      switch named {
      case .store(let named): try named.isSameStore(as: given)
      case .none: true
      case .unreadable: false
      }
    isItsPlace = isRecorded || isMovedAlong
    isCertain = isRecorded ? isNamed : isMovedAlong && isGivenNamed
  }
}

extension RecoveryPlace.Named {
  fileprivate var location: String? {
    switch self {
    case .store(let name): name.location
    case .none, .unreadable: nil
    }
  }

  fileprivate func isSameStore(as other: Journal.StoreName) throws(RotationError) -> Bool {
    switch self {
    case .store(let name): try name.isSameStore(as: other)
    case .none, .unreadable: false
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

  /// Whether there is anything at its place; nil where that cannot be seen.
  fileprivate func isThere() throws(RotationError) -> Bool? {
    guard let path else { return nil }
    return try rethrow(as: RotationError.native, FileStatus.isThere(path))
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
