// A database with a hot journal cannot be read before it is rolled back. What rolls it back depends on whether an octokey
// rotation was killed, and the store does not know that.

import Native
import OctopusKeys

extension Error {
  /// This error; for a hot journal with `config`, if a rotation of its store is unfinished.
  func withRotation(beside config: String?) -> any Error {
    guard let config, let database = hotDatabase, Self.isUnfinished(config, database) else {
      return self
    }
    func named(_ error: StoreError) -> StoreError {
      guard case .hotJournal(let location, let journal, nil) = error else { return error }
      return .hotJournal(location: location, journal: journal, rotation: config)
    }
    switch self as any Error {
    case let error as StoreError: return named(error)
    case RotationError.store(let error): return named(error)
    case CommandError.storeNotSeen(.store(let error)):
      return CommandError.storeNotSeen(reason: .store(named(error)))
    default: return self
    }
  }

  private var hotDatabase: String? {
    switch self as any Error {
    case StoreError.hotJournal(let location, _, nil),
      RotationError.store(.hotJournal(let location, _, nil)),
      CommandError.storeNotSeen(.store(.hotJournal(let location, _, nil))):
      location
    default: nil
    }
  }

  /// Whether beside `config` is the journal of a rotation of `database`.
  private static func isUnfinished(_ config: String, _ database: String) -> Bool {
    do {
      let folder = try ConfigFile.read(config).stateFolder
      guard let journal = try Journal.read(in: folder) else { return false }
      guard let store = journal.store.path, store != database else {
        return journal.store.path != nil
      }
      return try FileStatus.read(store).isSameFile(as: .read(database))
    } catch RotationError.journalUnreadable {
      // recover reports what is wrong with it.
      return true
    } catch {
      // The command reports the store's error; a problem of the config is for another command.
      return false
    }
  }
}
