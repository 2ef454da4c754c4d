// Words for what goes wrong with stores.

import Native
import OctopusKeys

extension Failure {
  init(_ error: StoreError) {
    switch error {
    case .notFound(let location):
      self.init(
        "store \(location.quoted) not found", hint: "is the path right? --store names another one")
    case .notAStore(let location, let reason):
      self.init(
        "\(location.quoted) is not a store: \(clause(reason))",
        hint: "is the path right? --store names another one")
    case .hotJournal(let location, let journal, let rotation):
      self.init(
        "\(location.quoted) cannot be read: a process that wrote to it was killed, and "
          + "\(journal.quoted) must be rolled back first",
        hint: rotation.map(recovery) ?? rollBack(location),
        status: rotation == nil ? .failed : .unfinishedRotation)
    case .logNotReadable(let location, let folder):
      self.init(
        "\(location.quoted) has a write-ahead log, and cannot be read: no file can be created in "
          + folder.quoted, hint: rightUser)
    case .logWithoutDatabase(let location, let log):
      self.init(
        "refusing to create \(location.quoted): SQLite would apply \(log.quoted) to it, the log of "
          + "another database",
        hint: "move it back to the database that it belongs to")
    case .sameFile(let location, let first, let second):
      self.init(
        "\(first.quoted) and \(second.quoted) in \(location.quoted) are the same file or folder",
        hint: "remove the link: every document must exist once")
    case .native(.mountPoint(let path)):
      // --in-place is about the config alone.
      self.init(
        "cannot replace \(path.quoted): it is a mount point",
        hint: "mount its folder instead of the single file")
    case .native(let error): self.init(error)
    case .refused(let error, let location, let collection):
      let failure = Failure(error)
      self.init(
        "\(place(location, collection)): \(failure.message)", hint: failure.hint,
        status: failure.status)
    case .readOnly(let location):
      self.init(
        "cannot write to \(location.quoted)",
        hint: location.hasPrefix("/")
          ? rightUser : "the database is read-only: connect to the primary, or set it to read-write"
      )
    case .accessDenied(let location):
      self.init("access to \(location.quoted) denied", hint: rightUser)
    case .lacksRights(let location, let collection):
      self.init("the login lacks permission on \(place(location, collection))", hint: loginRights)
    case .serverRefused(let refusal, let location, let collection, let reason):
      self.init(refusal, at: place(location, collection), reason: reason)
    case .busy(let location, let collection):
      self.init(
        "\(place(location, collection)) is in use by another process",
        hint: "stop every Octopus Server node that uses this store, then run the command again",
        status: .busy)
    case .full(let location, let collection):
      self.init("no space left for \(place(location, collection))", hint: moreRoom)
    case .unreachable(let location, let reason):
      self.init(
        "cannot connect to \(location.quoted): \(clause(reason))",
        hint:
          "check that the driver is installed (odbcinst -q -d), and that the server is running and can be "
          + "reached with this name, port and login")
    case .disconnected(let location, let collection, let reason):
      self.init(
        "the connection was lost while working on \(place(location, collection)): "
          + clause(reason),
        hint: "wait until the server can be reached, then \(runAgain)")
    case .invalidLocation(let text, let reason):
      self.init(
        "\(text.quoted) is not a store location: \(clause(reason))",
        hint: NearStores.location(text).map { "did you mean \($0)?" } ?? locationForms)
    case .connection(let fault): self.init(fault)
    case .obstacle(let location, let collection, let obstacle):
      self.init(
        "refusing to rewrite \(place(location, collection)): \(obstacle.words)",
        hint: obstacle.advice)
    case .notCopied(let location, let collection, let obstacle):
      self.init(
        "\(place(location, collection)) cannot be copied: \(obstacle.words)",
        hint: obstacle == .noPermission(nil) ? rightUser : obstacle.advice)
    case .projectExport(let location):
      self.init(
        "\(location.quoted) is a project export of Octopus, not a store: its sensitive values are encrypted "
          + "with the password of the export, not with the Master Key, and its checksums break when a "
          + "file is rewritten",
        hint: "rotate the server's database, then export the project again")
    case .noSnapshot(let location, let obstacle):
      self.init(
        "cannot make a database snapshot of \(location.quoted): \(obstacle.words)",
        hint: obstacle.advice)
    case .changedMeanwhile(let location, let collection, let document):
      self.init(
        "document \(document.quoted) of \(collection.quoted) in \(location.quoted) was changed "
          + "by another process in the meantime",
        hint: "stop every Octopus Server node that uses this store, then \(runAgain)")
    case .notKept(let location, let collection, let document):
      self.init(
        "document \(document.quoted) of \(collection.quoted) in \(location.quoted) failed its read-back "
          + "check; it was rolled back, nothing was changed",
        hint: "the database or its driver changes what is written, see octokey-rotation(7)")
    case .transactionLost(let location):
      self.init(
        "the transaction in \(location.quoted) ended before its commit, and its changes are lost",
        hint: "look for the reason in the server's log, then \(runAgain)")
    case .unconfirmed(let location, let number):
      self.init(NativeError.unconfirmed(path: location, errno: number))

    case .failed(let location, let collection, let reason):
      self.init("\(place(location, collection)): \(clause(reason))", hint: askTheEngine)
    }
  }
}

/// Where something happened: a table of a store, or the store.
private func place(_ location: String, _ collection: String?) -> String {
  (collection.map { $0.quoted + " of " } ?? "") + location.quoted
}

/// What finishes the rotation of a config, or rolls it back.
private func recovery(_ config: String) -> String { "octokey recover --config \(config.shellWord)" }

/// Any process that can write to the database rolls the journal back when it reads.
private func rollBack(_ location: String) -> String {
  "start Octopus Server once, or run: sqlite3 \(location.shellWord) "
    + "\"SELECT count(*) FROM sqlite_schema\""
}

let locationForms =
  "a location is sqlite:PATH, directory:PATH, sqlserver:CONNECTION-STRING or odbc:CONNECTION-STRING"

let loginRights =
  "the login must be able to read and write every table, as db_owner can on SQL Server; "
  + "octokey-sqlserver(7) lists the minimum"

private let askTheEngine =
  "check the database with its own tools, and restore a backup if it is damaged"
