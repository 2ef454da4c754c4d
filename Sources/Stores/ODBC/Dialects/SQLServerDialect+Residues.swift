// What keeps old ciphertext in SQL Server, with the statements that clear it. A database administrator runs them:
// none is octokey's to run.

internal import OctopusKeys

extension SQLServerDialect {
  func residues(of traits: [TableTrait]) -> [StoreResidue] {
    traits.compactMap { trait in
      switch trait.kind {
      case .temporalHistory:
        .temporalHistory(
          table: trait.title, of: trait.detail, clearedBy: clearing(history: trait))
      case .ledgerHistory: .ledgerHistory(table: trait.title, of: trait.detail)
      case .changeTable: .changeTable(trait.title, clearedBy: clearing(changesOf: trait.detail))
      case .published: .published(table: trait.title)
      case .filestream:
        .formerFiles(
          table: trait.title, column: trait.column ?? "",
          clearedBy: SQLServerDialect.collectingFiles)
      case .memoryOptimized, .temporal, .updatableLedger, .appendOnlyLedger, .captured,
        .mergePublished, .updatableSubscription, .external, .stretched, .fileTable,
        .readOnlyFilegroup, .rowSecurity, .loginPolicies, .heirs, .foreignKey, .masked,
        .alwaysEncrypted, .unpadded, .columnSet, .computed, .generated:
        nil
      }
    }
  }

  func residues(of traits: [DatabaseTrait]) -> [StoreResidue] {
    traits.compactMap { trait in
      switch trait.kind {
      case .snapshot:
        .databaseSnapshot(name: trait.name, clearedBy: [dropping(snapshot: trait.name)])
      case .snapshotsUnseen: .snapshotsUnseen
      case .captured, .published, .subscribed, .replicated, .readOnly, .azureSQLDatabase,
        .managedInstance:
        nil
      }
    }
  }

  // "Custom cleanup script" in relational-databases/tables/manage-retention-of-historical-data-in-system-versioned-
  // temporal-tables: a history can be written to only while the versioning is off.
  private func clearing(history trait: TableTrait) -> [String] {
    let history = qualified(SQLName(schema: trait.schema ?? "", table: trait.table))
    return [
      "ALTER TABLE \(trait.detail) SET (SYSTEM_VERSIONING = OFF);",
      "TRUNCATE TABLE \(history);",
      "ALTER TABLE \(trait.detail) SET (SYSTEM_VERSIONING = ON (HISTORY_TABLE = \(history)));",
    ]
  }

  // relational-databases/system-stored-procedures/sys-sp-cdc-cleanup-change-table-transact-sql: what is older than the
  // mark goes, and the mark has to be in cdc.lsn_time_mapping, as the greatest one is.
  private func clearing(changesOf instance: String) -> [String] {
    [
      "DECLARE @mark binary(10) = sys.fn_cdc_get_max_lsn(); "
        + "EXEC sys.sp_cdc_cleanup_change_table @capture_instance = \(literal(instance)), "
        + "@low_water_mark = @mark;"
    ]
  }

  // relational-databases/system-stored-procedures/filestream-and-filetable-sp-filestream-force-garbage-collection: twice,
  // and only behind a checkpoint, or behind a backup of the log where the recovery model is not simple.
  private static let collectingFiles = [
    "CHECKPOINT;", "EXEC sp_filestream_force_garbage_collection;",
    "EXEC sp_filestream_force_garbage_collection;",
  ]

  /// A text in a statement.
  func literal(_ text: String) -> String {
    "N" + inQuotes(text, from: UInt8(ascii: "'"), to: UInt8(ascii: "'"))
  }
}
