// One octokey at a time for each node config: the lock in the config's folder, and what whoever takes
// it has to look at first. An edit that reads the config after it took the lock loses nothing; one that
// read it before must find it unchanged.

internal import Native

extension FileContents {
  /// The folder in which a config really is.
  var folder: String { FilePath(target).folder }

  /// Where the journal of an unfinished rotation of this config is.
  var journalPath: String { folder + "/" + Journal.fileName }

  /// Keeps every other octokey away from this config, for as long as the lock lives.
  ///
  /// - Parameter patience: how long to wait for another octokey.
  /// - Throws: `KeysError.configLocked` or `.native`.
  func lock(patience: Duration = .zero) throws(KeysError) -> FileLock {
    let lock: FileLock?
    do throws(NativeError) {
      lock = try FileLock.acquire(
        folder + "/octokey.lock", owner: status.owner, patience: patience)
    } catch {
      throw .native(error)
    }
    guard let lock else { throw .configLocked(path: path) }
    return lock
  }

  /// Fails where a rotation must be recovered first; for whoever holds the lock.
  ///
  /// - Throws: `KeysError.unfinishedRotation`.
  func requireNoJournal() throws(KeysError) {
    let isInterrupted: Bool
    do throws(NativeError) {
      isInterrupted = try FileStatus.isThere(journalPath)
    } catch {
      throw .native(error)
    }
    guard !isInterrupted else { throw .unfinishedRotation(config: path, journal: journalPath) }
  }

  /// Fails where the config is not any more what was read; for whoever holds the lock.
  ///
  /// - Throws: `NativeError.changedMeanwhile`, wrapped.
  func requireUnchanged() throws(KeysError) {
    do throws(NativeError) {
      guard try isCurrent() else { throw .changedMeanwhile(path: path) }
    } catch {
      throw .native(error)
    }
  }
}
