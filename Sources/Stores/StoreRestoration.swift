// Replaces a store with a snapshot, or creates it, in one step.

package import Native
package import OctopusKeys

package struct StoreRestoration: ~Copyable {
  package enum Present: Equatable, Sendable {
    case nothing, same, other
  }

  private let examination: Examination
  private let path: String
  private let file: FileCopy?
  private let folder: NewFolder?

  /// Copies the snapshot beside its place; nothing else changes.
  package static func prepare(
    _ examination: Examination, journalMode: String?
  ) throws(StoreError) -> StoreRestoration {
    let path = examination.path
    guard examination.isFile else {
      let folder = try DirectoryStore(path: examination.source).copy(for: path)
      return StoreRestoration(examination: examination, path: path, file: nil, folder: folder)
    }
    return try rethrow(as: { failure($0, path) }) { () throws(NativeError) in
      let copy = try FileCopy.make(of: examination.source, for: path)
      if journalMode == "wal" {
        let database = try SQLiteConnection.open(
          copy.draft, .readWrite, patience: .zero, made: copy.status())
        try database.setJournalMode("WAL")
      }
      return StoreRestoration(examination: examination, path: path, file: copy, folder: nil)
    }
  }

  /// - Parameters:
  ///   - mode: the permission bits for the store.
  ///   - owner: nil is the user who runs octokey.
  ///   - stamp: the time for the name of a former store.
  /// - Returns: the path of the former store, and the failure of the device to confirm what was done.
  package consuming func commit(
    mode: UInt32, owner: FileOwner?, stamp: String
  ) throws(StoreError) -> (former: String?, unconfirmed: StoreError?) {
    let path = path
    let former =
      examination.present == .other ? FolderNames.free("\(path).\(stamp)", ".bak") : nil
    try examination.requireNoForeignLog()
    do throws(NativeError) {
      if let file {
        let name = former.map { String($0.split(separator: "/").last ?? "") }
        try file.commit(
          mode: mode, owner: owner, former: name, companions: SQLiteCompanions.suffixes)
      } else if let folder {
        try folder.commit(mode: mode, owner: owner, former: former)
      }
    } catch .unconfirmed(let path, let number) {
      return (former, .unconfirmed(location: path, errno: number))
    } catch {
      throw StoreRestoration.failure(error, path)
    }
    return (former, nil)
  }

  /// A failure of the copy. It names the file that the system call was about: the snapshot may be missing,
  /// and not the store.
  static func failure(_ error: NativeError, _ path: String) -> StoreError {
    switch error {
    case .sqlite: StoreError(error, location: path)
    case .system(_, let file, let number)
    where SystemErrorKind(errno: number) == .notFound && !file.isEmpty:
      .notFound(location: file)
    default: .native(error)
    }
  }
}

extension StoreRestoration {
  /// What is at the place of a snapshot, found out without a write.
  package struct Examination: Sendable {
    package let present: Present
    /// Copies that hold the same as the snapshot, with the name of a former store: an interrupted
    /// restoration left them.
    package let leftovers: [String]
    /// Where a former store may be, if the place is empty.
    package let formers: [String]
    fileprivate let source: String
    fileprivate let path: String
    fileprivate let isFile: Bool
    private let location: StoreLocation
    /// What the copy takes: bytes, and files.
    private let size: (bytes: Int, files: Int)

    /// Compares `snapshot` with what is at `location`.
    ///
    /// - Throws: `StoreError`; `.invalidLocation` if the location is not of the snapshot's kind.
    package init(_ snapshot: StoreLocation, for location: StoreLocation) throws(StoreError) {
      self.location = location
      switch (snapshot, location) {
      case (.sqlite(let source), .sqlite(let path)):
        (self.source, self.path, isFile) = (source, path, true)
        let copies = Examination.copies(of: path, .regular)
        do throws(NativeError) {
          size = (bytes: Int(try FileStatus.read(source).identity.size), files: 1)
          present = try Examination.compare(file: path, source)
          var same: [String] = []
          for copy in copies {
            guard try FileStatus.read(copy).identity.size == size.bytes else { continue }
            if try Examination.compare(file: copy, source) == .same { same.append(copy) }
          }
          leftovers = same
        } catch {
          throw StoreRestoration.failure(error, path)
        }
        formers = present == .nothing ? copies : []
      case (.directory(let source), .directory(let path)):
        (self.source, self.path, isFile) = (source, path, false)
        let store = DirectoryStore(path: source)
        size = try store.size()
        present = try Examination.compare(folder: path, store)
        let copies = Examination.copies(of: path, .folder)
        formers = present == .nothing ? copies : []
        var same: [String] = []
        for copy in copies {
          if try Examination.compare(folder: copy, store) == .same { same.append(copy) }
        }
        leftovers = same
      default:
        throw .invalidLocation(
          text: location.store().location, reason: "the snapshot is of another kind")
      }
    }

    /// Refuses what would make the restoration fail: permissions, mounts, attributes, space.
    ///
    /// - Parameters:
    ///   - owner: nil is the user who runs octokey.
    ///   - others: the bytes that will be written beside the store.
    package func requireWritable(owner: FileOwner?, others: Int) throws(StoreError) {
      try requireNoForeignLog()
      try rethrow(as: { StoreRestoration.failure($0, path) }) { () throws(NativeError) in
        let bytes = size.bytes + others
        if present == .other, isFile {
          try ReplacementCheck.requireReplaceable(path, bytes: bytes)
        } else if present == .other {
          try ReplacementCheck.requireReplaceable(folder: path)
        }
        try ReplacementCheck.requireNewFiles(
          in: FilePath(path).folder, owner: owner, bytes: bytes, files: size.files)
      }
    }

    /// Refuses a store that another process uses, and moves a write-ahead log into it. What is not a store,
    /// or a damaged one, may be replaced; one that could not be looked at may not.
    ///
    /// - Returns: a folder store, locked: until it is let go no rotation begins in what is replaced. SQLite itself
    ///   notices that a database was moved, and its files must not be open then.
    package func lockUnused() throws(StoreError) -> (any Store)? {
      let store = location.store()
      do throws(StoreError) {
        try store.begin(.rewrite)
        if !isFile { return store }
      } catch .notAStore {
      } catch StoreError.damaged(path) {
      } catch {
        store.rollback()
        throw error
      }
      store.rollback()
      return nil
    }

    /// SQLite would apply a log that belongs to another database to the new one. That of the store which is
    /// replaced goes with it.
    fileprivate func requireNoForeignLog() throws(StoreError) {
      guard isFile else { return }
      let log = try rethrow(as: StoreError.native) { () throws(NativeError) in try foreignLog() }
      if let log { throw .logWithoutDatabase(location: path, log: log) }
    }

    private func foreignLog() throws(NativeError) -> String? {
      // The log of a database behind a link is beside the database.
      if present == .other, try FileStatus.readLink(path).kind != .symbolicLink { return nil }
      for log in [path + "-wal", path + "-journal"] {
        guard try FileStatus.isThere(log) else { continue }
        if try FileStatus.read(log).identity.size > 0 { return log }
      }
      return nil
    }

    private static func compare(
      file path: String, _ source: String
    ) throws(NativeError) -> Present {
      guard try FileStatus.isThere(path) else { return .nothing }
      // What is in a log is not in the file yet, and what a journal rolls back does not belong there.
      let files = try SQLiteCompanions(of: path)
      try files.requireTrusted()
      if try files.hasLog { return .other }
      if try files.hasJournal { return .other }
      // A copy may differ in the file format (18, 19: whether there is a log) and in counters: of changes
      // (24), of schemas (40), and of the version that made the last change (92 to 99).
      let counters = [18..<20, 24..<28, 40..<44, 92..<100]
      let digest = try Digest.sha256(file: path, ignoring: counters)
      return try digest == Digest.sha256(file: source, ignoring: counters) ? .same : .other
    }

    private static func compare(
      folder path: String, _ source: DirectoryStore
    ) throws(StoreError) -> Present {
      guard try rethrow(as: StoreError.native, FileStatus.isThere(path)) else { return .nothing }
      let there = DirectoryStore(path: path)
      if try there.isEmptyFolder() { return .nothing }
      return try there.holdsTheSame(as: source) ? .same : .other
    }

    /// Files or folders with the name of a former store: `PATH.<UTC time>.bak`, or `-2.bak` and so on.
    private static func copies(of path: String, _ kind: FileStatus.Kind) -> [String] {
      let whole = FilePath(path)
      // Where the folder cannot be listed there is nothing to say of copies, and nothing depends on it.
      let names = (try? FolderNames.read(whole.folder)) ?? []
      let stem = path.split(separator: "/").last.map { $0 + "." } ?? ""
      return names.filter { $0.hasPrefix(stem) && $0.hasSuffix(".bak") }
        .filter { name in
          let stamp = name.dropFirst(stem.count).prefix(16)
          return stamp.count == 16 && stamp.last == "Z"
        }
        .map { whole.folder + "/" + $0 }
        .filter { (try? FileStatus.readLink($0).kind) == kind }
    }
  }
}
