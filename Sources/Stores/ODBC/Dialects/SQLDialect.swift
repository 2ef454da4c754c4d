// What differs between the engines behind ODBC. Everything else is in ODBCStore and SQLSchema.

internal import Native
internal import OctopusKeys

protocol SQLDialect: Sendable {
  /// Statements for the session, before the transaction begins.
  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> [String]

  /// A query that is 1 if readers may have a snapshot.
  var snapshotQuery: String { get }
  /// A query that is 1 if every table can be seen.
  var visibilityQuery: String { get }
  /// A query that takes the lock which keeps other octokeys away, and is 1 if it was free.
  var applicationLock: String { get }
  /// A query that is 1 if that lock is free; it takes none.
  var applicationLockTest: String { get }
  /// A query that is 1 if the database can be written to at all.
  var writabilityQuery: String { get }
  /// A query for the tables that the login may not both read and update: table, and anything.
  var deniedTablesQuery: String { get }
  /// A query for the columns of all tables: table, column, type, length (-1 or NULL: none), collation, and
  /// 1 if it is computed; in the order of tables and columns.
  var columnsQuery: String { get }
  /// A query for the primary keys: table and column, in order.
  var keysQuery: String { get }
  /// A query for the triggers that run with an update: table and trigger.
  var triggersQuery: String { get }
  /// The type of a point in time, in lower case.
  var momentType: String { get }

  /// A point in time as text, and the seconds since then by the database's clock, NULL if unknown.
  func moment(_ column: String) -> (text: String, secondsAgo: String)

  /// A name in quotes; it may hold any character.
  func quoted(_ name: String) -> String

  func qualified(_ table: String) -> String

  /// A statement that keeps all others from writing to `table` until the transaction ends.
  func lock(_ table: String) -> String

  /// A query for the tables that others have locked, so that `lock` would have to wait: table, and anything. Nil
  /// where the engine does not tell.
  var lockedTablesQuery: String? { get }

  /// A query for some columns of the first rows that meet a condition.
  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String

  /// A statement that sets `column` of the table `t` to the column `c` of `v`, a list of VALUES.
  ///
  /// - Parameters:
  ///   - rows: the VALUES.
  ///   - names: the columns of `v`: `k0`, `k1`… for the key, and `c`.
  ///   - matching: the condition that joins `t` and `v` by the key.
  func update(
    _ column: String, of table: String, rows: String, names: [String], matching: String
  ) -> String

  /// A parameter for this column of a key; nil if octokey does not know the type.
  func keyParameter(for column: SQLColumn) -> String?

  /// How a column stores documents; nil if its type would not keep them byte for byte.
  func contents(of column: SQLColumn) -> SQLColumn.Contents?

  var databaseQuery: String { get }

  /// The statement or command that backs up `name`; `stamp` makes the name of the backup unique.
  func backup(of name: String, stamp: String) -> String

  /// What a failure means; nil if it is not one of those that matter here.
  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure?
}

struct SQLColumn: Sendable {
  let name: String
  /// In lower case.
  let type: String
  /// Characters or bytes at most; nil if there is no such limit.
  let length: Int?
  let collation: String?
  let isGenerated: Bool

  struct Contents: Sendable {
    let parameter: String
    let storage: FieldStorage
  }
}

enum SQLFailure: Hashable, Sendable {
  case busy, full, readOnly, accessDenied
  case refused(ServerRefusal)
  /// The message may hold contents.
  case badData
}
