// What differs between the engines behind ODBC. Everything else is in ODBCStore and SQLSchema.

internal import Native
internal import OctopusKeys

protocol SQLDialect: Sendable {
  /// The engine by its name.
  var engine: String { get }

  /// Statements for the session, before the transaction begins.
  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String

  /// A query for the name of the first setting that is not what `session` makes it; empty if all are.
  func settingsQuery(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String

  /// A query that is 1 if readers may have a snapshot.
  var snapshotQuery: String { get }
  /// A query that is 1 if every table can be seen.
  var visibilityQuery: String { get }
  /// A query that takes the lock which keeps other octokeys away, and is 1 if it was free.
  var applicationLock: String { get }
  /// A query that is 1 if that lock is free; it takes none.
  var applicationLockTest: String { get }
  /// A query at the start of a transaction that writes. It takes a lock that goes with the transaction; one row: the
  /// transaction's number, and 1 if it is the only one and has the lock.
  var transactionStartQuery: String { get }
  /// The same, later, without taking anything.
  var transactionQuery: String { get }
  /// A condition that no row meets outside the transaction with this number.
  func isTransaction(_ number: String) -> String
  /// A query that is 1 if the database can be written to at all.
  var writabilityQuery: String { get }
  // In these queries a schema is empty where it is the one in which the server keeps its documents.

  /// A query for the rights that the login lacks: schema, table, and SELECT or UPDATE.
  var missingRightsQuery: String { get }
  /// An expression for the name of the schema in which the server keeps its documents.
  var homeSchema: String { get }
  /// A query for what has contents and is not a table: schema, name, and `foreign`, `materialized` or `large-objects`.
  /// Nil where the engine has nothing like that, or it is listed among the tables.
  var omittedTablesQuery: String? { get }
  /// A query for the columns of all tables: schema, table, column, type, length (-1 or NULL: none), collation,
  /// and 1 if it is computed; in the order of tables and columns.
  var columnsQuery: String { get }
  /// A query for one key of each table, the primary key or else a unique index without nulls: schema, table and
  /// column, in order.
  var keysQuery: String { get }
  /// A query for the triggers that run with an update: schema, table and trigger.
  var triggersQuery: String { get }
  /// The type of a point in time, in lower case.
  var momentType: String { get }

  /// A point in time as text, and the seconds since then by the database's clock, NULL if unknown.
  func moment(_ column: String) -> (text: String, secondsAgo: String)

  /// A name in quotes; it may hold any character.
  func quoted(_ name: String) -> String

  func qualified(_ table: SQLName) -> String

  /// A condition that a row may hold a value in a column: it is long enough, and a text has a bar, as it is or
  /// escaped. Nil for a type that holds none.
  func holding(of column: SQLColumn) -> String?

  // In what follows a table is a qualified name.

  /// Statements that keep all others from writing to `tables` until the transaction ends, and how many of the tables
  /// each of them is for, in order.
  func locks(_ tables: [String]) -> [(statement: String, tables: Int)]

  /// A query for the tables that others have locked, so that `locks` would have to wait: schema, table, and
  /// anything. Nil where the engine does not tell.
  var lockedTablesQuery: String? { get }

  /// A query for some columns of the first rows that meet a condition.
  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String

  /// Whether the parameters of all rows of VALUES have the types of the first row's.
  var firstRowGivesTypes: Bool { get }

  /// The most parameters of a statement.
  var mostParameters: Int { get }

  /// The length in bytes of what a column holds, 0 for NULL.
  func length(of column: String) -> String

  /// How a long column is read in slices. Nil where the drivers hand out a long text in pieces, and need not hold it.
  func slices(of column: String, _ storage: FieldStorage) -> SQLSlices?

  /// A condition that a text column holds `text`, which needs no quoting, byte by byte.
  func contains(_ text: String, in column: String) -> String

  /// A statement that sets `column` of the table `t`, row by row, by `v`, a list of VALUES. Its answer is, for every
  /// row that it changed, `v.n` and the SHA-256 of what the column holds now: of its bytes, or of its text in
  /// the encoding that `textUnit` says.
  ///
  /// - Parameters:
  ///   - contents: the new contents, an expression.
  ///   - rows: the VALUES.
  ///   - names: the columns of `v`: `n`, `k0`, `k1`… for the key, and what `contents` needs.
  ///   - condition: joins `t` and `v` by the key.
  ///   - number: of the transaction outside which nothing may change.
  func update(
    _ column: String, holding storage: FieldStorage, of table: String, to contents: String,
    rows: String, names: [String], where condition: String, inTransaction number: String
  ) -> String

  /// What offsets and lengths of text count.
  var textUnit: TextUnit { get }
  /// A text column of `t` as an expression that `splice` takes and gives; `spliced` makes it text again.
  func text(of column: String) -> String
  /// `text` with `replacement` in the place of `length` units from the `start`-th on, which counts from 1.
  func splice(_ text: String, start: String, length: String, replacement: String) -> String
  func spliced(_ text: String) -> String
  /// A parameter for `SpliceText`, and whether what arrives by it has the backslashes undoubled.
  var spliceParameter: String { get }
  var unescapesSplices: Bool { get }
  /// Some digits of it as a number.
  func number(of digits: String) -> String

  /// A parameter for this column of a key; nil if octokey does not know the type.
  func keyParameter(for column: SQLColumn) -> String?

  /// How a column stores documents; nil if its type would not keep them byte for byte.
  func contents(of column: SQLColumn) -> SQLColumn.Contents?

  /// A query for what the engine calls the database, whatever its address; no copy has the same. Only for one that
  /// can be written to.
  var identityQuery: String { get }

  /// A query for the name of the database, and a number for the edition of the engine.
  var databaseQuery: String { get }

  /// The statements or the command that back up `name`, on one line; `stamp` makes the name of the backup unique.
  ///
  /// - Parameter server: where a program that runs outside of the server finds it.
  func backup(of name: String, edition: Int, stamp: String, server: ServerAccess) -> String

  /// How the engine makes a snapshot of a whole database; nil where it makes none.
  var databaseSnapshots: SQLServerSnapshots? { get }

  /// A query for what is special about tables and columns: schema, table, column or NULL, the word of a
  /// `TableTrait.Kind`, and what belongs to it. Nil where octokey asks nothing.
  var traitsQuery: String? { get }
  /// A query for what is special about the database: the word of a `DatabaseTrait.Kind`, and a name.
  var databaseTraitsQuery: String? { get }
  /// A query for the rights that the login lacks for a column, although it has them for the table: schema, table, column,
  /// and SELECT or UPDATE.
  var deniedColumnsQuery: String? { get }
  func residues(of traits: [TableTrait]) -> [StoreResidue]
  func residues(of traits: [DatabaseTrait]) -> [StoreResidue]

  /// What a failure means; nil if it is not one of those that matter here.
  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure?
}

extension SQLDialect {
  func slices(of column: String, _ storage: FieldStorage) -> SQLSlices? { nil }

  var databaseSnapshots: SQLServerSnapshots? { nil }
  var omittedTablesQuery: String? { nil }
  var traitsQuery: String? { nil }
  var databaseTraitsQuery: String? { nil }
  var deniedColumnsQuery: String? { nil }
  func residues(of traits: [TableTrait]) -> [StoreResidue] { [] }
  func residues(of traits: [DatabaseTrait]) -> [StoreResidue] { [] }

  /// A condition that the text in `column` has a bar, as it is or escaped.
  func hasBar(_ column: String) -> String {
    // An escaped bar, or an escaped part of its escape; see `JSONEscapes`.
    ["|", "u007", "u003"].map { contains($0, in: column) }.joined(separator: " OR ")
  }
}

/// How a long column is read.
struct SQLSlices {
  let column: String
  /// An expression: the length in bytes of what arrives, in UTF-8 if it is text.
  let length: String

  /// `count` characters or bytes from the `start`-th on, which counts from 1.
  func slice(start: Int, count: Int) -> String {
    "substring(\(column) from \(start) for \(count))"
  }
}

struct SQLColumn: Equatable, Sendable {
  let name: String
  /// In lower case.
  let type: String
  /// Characters or bytes at most; nil if there is no such limit.
  let length: Int?
  let collation: String?
  let isGenerated: Bool

  /// The same column as long as may be.
  var withoutLimit: SQLColumn {
    SQLColumn(
      name: name, type: type, length: nil, collation: collation, isGenerated: isGenerated)
  }

  struct Contents: Equatable, Sendable {
    let parameter: String
    let storage: FieldStorage
    /// The type of a column that is read and written as text, and which is not text to the engine.
    var type: String?
    /// See `StoreCollection.Field`.
    var sortsNames = false

    /// What is read of a column.
    func read(_ column: String) -> String { type == nil ? column : "CAST(\(column) AS text)" }

    func written(_ contents: String) -> String {
      type.map { "CAST(\(contents) AS \($0))" } ?? contents
    }
  }
}

/// What an engine counts text in, and the encoding that goes with it.
enum TextUnit: Sendable {
  /// Code units of UTF-16, little endian.
  case utf16
  /// Bytes of UTF-8.
  case utf8
}

enum SQLFailure: Hashable, Sendable {
  case busy, full, readOnly, accessDenied
  case refused(ServerRefusal)
  /// The server has no such transaction any more.
  case transactionLost
  /// The message may hold contents.
  case badData
}
