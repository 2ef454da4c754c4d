// What a database server says is special about a table or a column, and what that means for a rotation. How the
// server is asked is its dialect's knowledge.

/// Something special about a table, or about one of its columns.
package struct TableTrait: Hashable, Sendable {
  /// The words of the catalog query.
  package enum Kind: String, CaseIterable, Sendable {
    case memoryOptimized = "memory-optimized"
    /// The former rows of a temporal table.
    case temporalHistory = "temporal-history"
    case temporal = "temporal"
    /// The former rows of an updatable ledger table.
    case ledgerHistory = "ledger-history"
    case updatableLedger = "updatable-ledger"
    case appendOnlyLedger = "append-only-ledger"
    /// Its changes are captured in a change table.
    case captured = "captured"
    case changeTable = "change-table"
    /// Published by snapshot or transactional replication.
    case published = "published"
    case mergePublished = "merge-published"
    case updatableSubscription = "updatable-subscription"
    /// The rows of an external table are elsewhere.
    case external = "external"
    case stretched = "stretched"
    case fileTable = "file-table"
    case readOnlyFilegroup = "read-only-filegroup"
    case rowSecurity = "row-security"
    /// PostgreSQL's row security: unlike SQL Server's it depends on the login.
    case loginPolicies = "login-policies"
    /// Other tables of PostgreSQL inherit from it, and show their rows in it.
    case heirs = "heirs"
    /// Of a column, as are the following: it refers to another one.
    case foreignKey = "foreign-key"
    case masked = "masked"
    case alwaysEncrypted = "always-encrypted"
    /// Without ANSI_PADDING: trailing zeros and blanks get lost.
    case unpadded = "unpadded"
    case columnSet = "column-set"
    case filestream = "filestream"
    case computed = "computed"
    /// The period of a temporal table, and the transactions of a ledger table.
    case generated = "generated"
  }

  package enum Effect: Hashable, Sendable {
    /// It is read and written like any other.
    case none
    /// Only the server writes to it: a rotation passes over it, without a fault.
    case skipped
    /// It cannot be rewritten: refused if it holds a value.
    case refused(StoreObstacle)
    /// Nor can it be told whether it holds a value: refused in any case.
    case unreadable(StoreObstacle)
  }

  package let kind: Kind
  /// Nil for the schema in which the server keeps its documents.
  package let schema: String?
  package let table: String
  /// Nil if it is about the whole table.
  package let column: String?
  /// A filegroup, a capture instance; of a history the current table, and of row security the policy, both by
  /// their names in SQL.
  package let detail: String

  package init(
    _ kind: Kind, schema: String?, table: String, column: String? = nil, detail: String = ""
  ) {
    self.kind = kind
    self.schema = schema
    self.table = table
    self.column = column
    self.detail = detail
  }

  /// The table's name for people.
  package var title: String { schema.map { "\($0).\(table)" } ?? table }

  package var effect: Effect {
    let column = column ?? ""
    return switch kind {
    case .temporal, .updatableLedger, .captured, .published, .filestream, .heirs: .none
    case .temporalHistory, .ledgerHistory, .changeTable, .columnSet, .generated: .skipped
    case .appendOnlyLedger: .refused(.appendOnly)
    case .mergePublished: .refused(.mergePublished)
    case .updatableSubscription: .refused(.updatableSubscription)
    case .stretched: .refused(.stretched)
    case .fileTable: .refused(.fileTable)
    case .foreignKey: .refused(.foreignKey(column))
    case .readOnlyFilegroup: .refused(.readOnlyFilegroup(detail))
    case .unpadded: .refused(.unpadded(column))
    case .computed: .refused(.generatedColumn(column))
    // Its rows cannot be read at the isolation level of a rotation.
    case .memoryOptimized: .unreadable(.memoryOptimized)
    case .external: .unreadable(.external)
    case .rowSecurity: .unreadable(.rowSecurity(detail))
    case .loginPolicies: .unreadable(.loginPolicies(detail))
    // A search sees the mask, too, and not what is behind it.
    case .masked: .unreadable(.masked(column))
    case .alwaysEncrypted: .unreadable(.alwaysEncrypted(column))
    }
  }
}
