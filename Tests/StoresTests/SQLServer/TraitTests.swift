// What the catalog of SQL Server is asked, and what octokey makes of the answers.

import OctopusKeys
import Testing

@testable import Stores

@Suite struct TraitTests {
  static let dialect = SQLServerDialect()

  /// The conditions by the words that stand for them, as they are in a query.
  static func conditions(in query: String) -> [String: String] {
    let joined = query.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    var found: [String: String] = [:]
    for match in joined.matches(of: #/\(N'([a-z-]+)', CASE WHEN (.+?) THEN 1 END/#) {
      found[String(match.1)] = String(match.2)
    }
    return found
  }

  @Test func everyWordOfAQueryHasItsCase() throws {
    let tables = try #require(TraitTests.dialect.traitsQuery)
    var words = Set(TraitTests.conditions(in: tables).keys)
    words.formUnion(["read-only-filegroup", "row-security"].filter { tables.contains("N'\($0)'") })
    let kinds = Set(TableTrait.Kind.allCases).subtracting([.loginPolicies, .heirs, .foreignKey])
    #expect(words == Set(kinds.map(\.rawValue)))
    let database = try #require(TraitTests.dialect.databaseTraitsQuery)
    words = Set(TraitTests.conditions(in: database).keys)
    words.formUnion(["snapshot"].filter { database.contains("SELECT N'\($0)', s.name") })
    #expect(words == Set(DatabaseTrait.Kind.allCases.map(\.rawValue)))
  }

  @Test(arguments: [
    ("memory-optimized", "t.is_memory_optimized = 1"),
    ("temporal-history", "t.temporal_type = 1 AND COALESCE(t.ledger, 0) <> 1"),
    ("temporal", "t.temporal_type = 2"), ("ledger-history", "t.ledger = 1"),
    ("updatable-ledger", "t.ledger = 2"), ("append-only-ledger", "t.ledger = 3"),
    ("captured", "t.is_tracked_by_cdc = 1"),
    (
      "change-table",
      "t.real_schema = N'cdc' AND t.name LIKE N'_%[_]CT' AND EXISTS ( SELECT 1 "
        + "FROM sys.databases AS d WHERE d.name = DB_NAME() AND d.is_cdc_enabled = 1)"
    ),
    ("published", "t.is_replicated = 1"), ("merge-published", "t.is_merge_published = 1"),
    ("updatable-subscription", "t.is_sync_tran_subscribed = 1"), ("external", "t.is_external = 1"),
    ("stretched", "t.is_stretched = 1"), ("file-table", "t.is_filetable = 1"),
    (
      "masked",
      "c.is_masked = 1 AND COALESCE(HAS_PERMS_BY_NAME(NULL, N'DATABASE', N'UNMASK'), 0) = 0 "
        + "AND COALESCE(HAS_PERMS_BY_NAME(t.quoted_name, N'OBJECT', N'UNMASK', c.name, N'COLUMN'), 0) = 0"
    ),
    ("always-encrypted", "c.encryption_type IS NOT NULL"),
    (
      "unpadded",
      "c.is_ansi_padded = 0 AND c.max_length > 0 AND TYPE_NAME(c.system_type_id) "
        + "IN (N'varbinary', N'binary', N'varchar', N'char')"
    ),
    ("column-set", "c.is_column_set = 1"), ("filestream", "c.is_filestream = 1"),
    ("computed", "c.is_computed = 1"), ("generated", "c.generated_always_type <> 0"),
  ])
  func aTraitOfATable(_ word: String, _ condition: String) throws {
    let query = try #require(TraitTests.dialect.traitsQuery)
    #expect(TraitTests.conditions(in: query)[word] == condition)
  }

  @Test(arguments: [
    ("captured", "d.is_cdc_enabled = 1"),
    ("published", "d.is_published = 1 OR d.is_merge_published = 1"),
    ("subscribed", "d.is_subscribed = 1"), ("availability-group", "d.replica_id IS NOT NULL"),
    ("read-only", "DATABASEPROPERTYEX(d.name, N'Updateability') <> N'READ_WRITE'"),
    ("azure-sql-database", "SERVERPROPERTY(N'EngineEdition') = 5"),
    ("managed-instance", "SERVERPROPERTY(N'EngineEdition') = 8"),
    (
      "snapshots-unseen",
      "SERVERPROPERTY(N'EngineEdition') <> 5 "
        + "AND COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW ANY DATABASE'), 0) = 0"
    ),
  ])
  func aTraitOfTheDatabase(_ word: String, _ condition: String) throws {
    let query = try #require(TraitTests.dialect.databaseTraitsQuery)
    #expect(TraitTests.conditions(in: query)[word] == condition)
    #expect(query.contains("JOIN sys.databases AS s ON s.source_database_id = d.database_id"))
  }

  /// What not every version has may be asked for only where another FROM has it, too.
  @Test(arguments: ["ledger_type", "is_remote_data_archive_enabled"])
  func aColumnThatAVersionLacksIsNoError(_ column: String) throws {
    let query = try #require(TraitTests.dialect.traitsQuery)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let parts = query.components(separatedBy: column)
    #expect(parts.count == 3)
    #expect(parts[0].hasSuffix("(SELECT "))
    #expect(parts[1].hasPrefix(" FROM sys.tables AS u WHERE u.object_id = t.object_id) AS "))
    #expect(parts[1].contains("CROSS JOIN (SELECT "))
    #expect(parts[1].hasSuffix("0 AS "))
  }

  @Test(arguments: [
    (TableTrait.Kind.memoryOptimized, TableTrait.Effect.unreadable(.memoryOptimized)),
    (.external, .unreadable(.external)), (.rowSecurity, .unreadable(.rowSecurity("d"))),
    (.loginPolicies, .unreadable(.loginPolicies("d"))),
    (.masked, .unreadable(.masked("C"))), (.alwaysEncrypted, .unreadable(.alwaysEncrypted("C"))),
    (.appendOnlyLedger, .refused(.appendOnly)), (.mergePublished, .refused(.mergePublished)),
    (.updatableSubscription, .refused(.updatableSubscription)), (.stretched, .refused(.stretched)),
    (.fileTable, .refused(.fileTable)), (.readOnlyFilegroup, .refused(.readOnlyFilegroup("d"))),
    (.unpadded, .refused(.unpadded("C"))), (.computed, .refused(.generatedColumn("C"))),
    (.temporalHistory, .skipped), (.ledgerHistory, .skipped), (.changeTable, .skipped),
    (.columnSet, .skipped), (.generated, .skipped), (.temporal, .none), (.updatableLedger, .none),
    (.captured, .none), (.published, .none), (.filestream, .none),
  ])
  func whatATraitMeans(_ kind: TableTrait.Kind, _ effect: TableTrait.Effect) {
    #expect(
      TableTrait(kind, schema: nil, table: "T", column: "C", detail: "d").effect == effect)
  }

  @Test func whatKeepsOldCiphertextIsNamedWithWhatClearsIt() {
    let everything = TableTrait.Kind.allCases.map {
      TableTrait($0, schema: "h]", table: "T", column: "C", detail: "[dbo].[M]")
    }
    #expect(
      TraitTests.dialect.residues(of: everything) == [
        .temporalHistory(
          table: "h].T", of: "[dbo].[M]",
          clearedBy: [
            "ALTER TABLE [dbo].[M] SET (SYSTEM_VERSIONING = OFF);", "TRUNCATE TABLE [h]]].[T];",
            "ALTER TABLE [dbo].[M] SET (SYSTEM_VERSIONING = ON (HISTORY_TABLE = [h]]].[T]));",
          ]),
        .ledgerHistory(table: "h].T", of: "[dbo].[M]"),
        .changeTable(
          "h].T",
          clearedBy: [
            "DECLARE @mark binary(10) = sys.fn_cdc_get_max_lsn(); EXEC sys.sp_cdc_cleanup_change_table "
              + "@capture_instance = N'[dbo].[M]', @low_water_mark = @mark;"
          ]),
        .published(table: "h].T"),
        .formerFiles(
          table: "h].T", column: "C",
          clearedBy: [
            "CHECKPOINT;", "EXEC sp_filestream_force_garbage_collection;",
            "EXEC sp_filestream_force_garbage_collection;",
          ]),
      ])
    let database = DatabaseTrait.Kind.allCases.map { DatabaseTrait($0, name: "O's ]") }
    #expect(
      TraitTests.dialect.residues(of: database) == [
        .databaseSnapshot(name: "O's ]", clearedBy: ["DROP DATABASE [O's ]]];"]), .snapshotsUnseen,
      ])
  }

  @Test func aNameIsOneLiteral() {
    #expect(TraitTests.dialect.literal("O'Neill''s") == "N'O''Neill''''s'")
  }
}
