// What differs between the engines that are spoken to through ODBC. Everything else is in SQLServerStore
// and SQLSchema.

internal import Native
internal import OctopusKeys

/// One engine's way to say things.
protocol SQLDialect: Sendable {
  /// Statements for the session, before the transaction begins.
  ///
  /// - Parameter patience: how long to wait for others' locks, in milliseconds.
  func session(_ access: StoreAccess, patience: Int, allowsSnapshot: Bool) -> [String]

  /// A query for whether readers may have a snapshot, 1 or 0.
  var snapshotQuery: String { get }

  /// A query that is 1 if every table can be seen.
  var visibilityQuery: String { get }

  /// A query that takes the lock which keeps other octokeys away, and is 1 if it got it.
  var applicationLock: String { get }

  /// The columns of all tables: table, column, type, length (-1 or NULL: none), collation, and 1 if it
  /// is computed; in the order of tables and columns.
  var columnsQuery: String { get }

  /// The primary keys: table and column, in order.
  var keysQuery: String { get }

  /// What runs with an update: table and trigger.
  var triggersQuery: String { get }

  /// The type of a moment in time, in small letters.
  var momentType: String { get }

  /// An expression for a moment as text, and one for the seconds since then by the database's clock, NULL
  /// if there is no telling.
  func moment(_ column: String) -> (text: String, secondsAgo: String)

  /// A name as SQL takes it, whatever is in it.
  func quoted(_ name: String) -> String

  /// A table's name as SQL takes it.
  func qualified(_ table: String) -> String

  /// A statement that keeps everybody else from writing to `table` until the transaction ends.
  func lock(_ table: String) -> String

  /// A query for some columns of the first rows that fulfil a condition.
  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String

  /// A statement that writes `column` of the rows whose key is in `rows`, a list of VALUES `v` with the
  /// columns `k0`, `k1`… and `c`.
  func update(_ column: String, of table: String, rows: String, keyColumns: [String]) -> String

  /// A parameter for this column of a key; nil if octokey does not know the type.
  func keyParameter(for column: SQLColumn) -> String?

  /// How a column keeps documents; nil if its type would not keep them byte for byte.
  func contents(of column: SQLColumn) -> SQLColumn.Contents?

  /// A query for the name of the database.
  var databaseQuery: String { get }

  /// What makes a copy of the database called `name`; `stamp` makes the copy's name one of its own.
  func backup(of name: String, stamp: String) -> String

  /// What a failure means; nil if it is none of those that matter here.
  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure?
}

/// A column as the schema has it.
struct SQLColumn: Sendable {
  let name: String
  /// In small letters.
  let type: String
  /// Characters or bytes at most; nil if there is no such limit.
  let length: Int?
  let collation: String?
  let isGenerated: Bool

  /// How a column keeps documents.
  struct Contents: Sendable {
    /// A parameter for it.
    let parameter: String
    let storage: FieldStorage
  }
}

/// Failures that mean the same with every engine.
enum SQLFailure: Sendable {
  case busy, full, readOnly, accessDenied, noDatabase
  /// The message may hold contents.
  case badData
}
