// Failures of Linux and SQLite as those of a store. Those of ODBC are in ODBC/ODBCErrors.swift.

internal import Native
internal import OctopusKeys

extension StoreError {
  /// - Parameter location: the store, or the copy of one that was worked on.
  init(_ error: NativeError, location: String, collection: String? = nil) {
    switch error {
    case .sqlite(let code, let message, let number):
      self.init(code, message, number, location: location, collection: collection)
    case .system(_, let path, let number):
      let place = StoreError.place(of: path, location)
      switch SystemErrorKind(errno: number) {
      case .notFound where collection == nil, .notADirectory: self = .notFound(location: place)
      case .accessDenied: self = .accessDenied(location: path.isEmpty ? location : path)
      case .noSpace: self = .full(location: place)
      case .readOnly: self = .readOnly(location: place)
      // It names the file, which is not always the store.
      case .noLocks: self = .native(error)
      case .notFound, .symbolicLink, .isADirectory, .busy, .brokenPipe, .other:
        self = .refused(error, location: location, collection: collection)
      }
    case .unconfirmed(let path, let number): self = .unconfirmed(location: path, errno: number)
    // It names the file.
    case .notPlain, .notACompanion, .belongsToOther, .foreignLink, .severalLinks, .changedMeanwhile:
      self = .native(error)
    // Its own words say what it is.
    default: self = .refused(error, location: location, collection: collection)
    }
  }

  /// Where a system call failed: at the store, or elsewhere, as at the destination of a copy.
  private static func place(of path: String, _ location: String) -> String {
    path.isEmpty || path.utf8.starts(with: location.utf8) ? location : path
  }

  private init(
    _ code: SQLiteResultCode, _ message: String, _ number: Int32, location: String,
    collection: String?
  ) {
    let error = NativeError.sqlite(code, message: message, errno: number)
    switch code {
    case .readOnlyRollback:
      self = StoreError.withCompanions(of: location) {
        .hotJournal(location: location, journal: $0.journal)
      }
      return
    case .readOnlyRecovery, .readOnlyCannotLock, .readOnlyFolder:
      self = StoreError.withCompanions(of: location) {
        .logNotReadable(location: location, folder: $0.folder)
      }
      return
    case .readOnlyMoved:
      self = .native(.changedMeanwhile(path: location))
      return
    default: break
    }
    switch code.primary {
    case .noPermission, .notAuthorized: self = .accessDenied(location: location)
    case .cannotOpen: self = StoreError.notOpened(location, error, number)
    case .busy, .locked: self = .busy(location: location)
    case .readOnly: self = .readOnly(location: location)
    case .full: self = .full(location: location)
    case .notADatabase:
      self = .notAStore(location: location, reason: "it is not a SQLite database")
    case .corrupt: self = .damaged(location, collection)
    default: self = .refused(error, location: location, collection: collection)
    }
  }

  /// SQLite does not say which file it cannot open: the database, or one beside it.
  private static func notOpened(
    _ location: String, _ error: NativeError, _ number: Int32
  ) -> StoreError {
    withCompanions(of: location) { (files) throws(NativeError) in
      try files.requireReadable()
      // What can be read was not to be created.
      if try files.hasLog { return .logNotReadable(location: location, folder: files.folder) }
      guard number != 0 else { return .refused(error, location: location, collection: nil) }
      let call = NativeError.system(call: "open", path: files.journal, errno: number)
      return StoreError(call, location: location)
    }
  }

  private static func withCompanions(
    of location: String, _ body: (SQLiteCompanions) throws(NativeError) -> StoreError
  ) -> StoreError {
    do throws(NativeError) {
      return try body(SQLiteCompanions(of: location))
    } catch {
      return StoreError(error, location: location)
    }
  }

  static func damaged(_ location: String, _ collection: String? = nil) -> StoreError {
    .failed(
      location: location, collection: collection,
      reason: "the database file is damaged, or its device cannot read it")
  }
}

extension Store {
  func failed(_ collection: String?, _ reason: String) -> StoreError {
    .failed(location: location, collection: collection, reason: reason)
  }

  /// For a call that needs `begin` first.
  var notOpen: StoreError { failed(nil, "the store is not open") }

  /// For a collection that `collections` did not list since `begin`.
  func unknown(_ collection: StoreCollection) -> StoreError {
    failed(collection.name, "it was not found when the store was opened")
  }

  /// For a document that is not any more what the page says.
  func changed(_ edit: PageEdits.Edit, of page: DocumentPage, in collection: String) -> StoreError {
    .changedMeanwhile(
      location: location, collection: collection,
      document: page.name(of: page.documents[edit.document]))
  }
}
