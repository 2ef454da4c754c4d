// What is special about tables, columns and the database, asked of SQL Server's catalog. Each query is one text for all
// versions since 2016; its words are those of TableTrait.Kind and DatabaseTrait.Kind.
//
// The catalog shows what the login may see. Policies of row security want VIEW DEFINITION on the database, which is
// asked for before anything else (see `visibilityQuery`).

internal import OctopusKeys

extension SQLServerDialect {
  /// A query for the traits of tables and columns: schema, table, column or NULL, word, detail.
  ///
  /// 2016 has no `ledger_type`, and a version to come may lack `is_remote_data_archive_enabled`. In a subquery a name
  /// that its own FROM does not have is the outer query's: there it is found in `older`, which says no. ("Qualifying
  /// column names in subqueries", sql-docs: relational-databases/performance/subqueries.)
  ///
  /// The columns are described in relational-databases/system-catalog-views: sys-tables, sys-columns, sys-filegroups,
  /// sys-destination-data-spaces, sys-security-policies and sys-security-predicates (-transact-sql).
  var traitsQuery: String? { SQLServerDialect.traits }

  private static let traits = """
    WITH t AS (
      SELECT t.object_id, s.name AS real_schema, \(schema) AS shown_schema, t.name,
        QUOTENAME(s.name) + N'.' + QUOTENAME(t.name) AS quoted_name,
        t.is_memory_optimized, t.temporal_type, t.is_tracked_by_cdc, t.is_replicated,
        t.is_merge_published, t.is_sync_tran_subscribed, t.is_external, t.is_filetable,
        t.history_table_id, t.lob_data_space_id, t.filestream_data_space_id,
        (SELECT ledger_type FROM sys.tables AS u WHERE u.object_id = t.object_id) AS ledger,
        (SELECT is_remote_data_archive_enabled FROM sys.tables AS u
          WHERE u.object_id = t.object_id) AS is_stretched
      FROM sys.tables AS t
      JOIN sys.schemas AS s ON s.schema_id = t.schema_id
      CROSS JOIN (SELECT 0 AS ledger_type, 0 AS is_remote_data_archive_enabled) AS older
    )
    SELECT t.shown_schema, t.name, NULL, k.word, k.detail
    FROM t
    LEFT JOIN t AS c ON c.history_table_id = t.object_id
    CROSS APPLY (VALUES
      (N'memory-optimized', CASE WHEN t.is_memory_optimized = 1 THEN 1 END, N''),
      (N'temporal-history', CASE WHEN t.temporal_type = 1 AND COALESCE(t.ledger, 0) <> 1 THEN 1 END,
        c.quoted_name),
      (N'temporal', CASE WHEN t.temporal_type = 2 THEN 1 END, N''),
      (N'ledger-history', CASE WHEN t.ledger = 1 THEN 1 END, c.quoted_name),
      (N'updatable-ledger', CASE WHEN t.ledger = 2 THEN 1 END, N''),
      (N'append-only-ledger', CASE WHEN t.ledger = 3 THEN 1 END, N''),
      (N'captured', CASE WHEN t.is_tracked_by_cdc = 1 THEN 1 END, N''),
      (N'change-table', CASE WHEN t.real_schema = N'cdc' AND t.name LIKE N'_%[_]CT' AND EXISTS (
          SELECT 1 FROM sys.databases AS d WHERE d.name = DB_NAME() AND d.is_cdc_enabled = 1)
        THEN 1 END, CASE WHEN LEN(t.name) > 3 THEN LEFT(t.name, LEN(t.name) - 3) END),
      (N'published', CASE WHEN t.is_replicated = 1 THEN 1 END, N''),
      (N'merge-published', CASE WHEN t.is_merge_published = 1 THEN 1 END, N''),
      (N'updatable-subscription', CASE WHEN t.is_sync_tran_subscribed = 1 THEN 1 END, N''),
      (N'external', CASE WHEN t.is_external = 1 THEN 1 END, N''),
      (N'stretched', CASE WHEN t.is_stretched = 1 THEN 1 END, N''),
      (N'file-table', CASE WHEN t.is_filetable = 1 THEN 1 END, N'')
    ) AS k(word, applies, detail)
    WHERE k.applies = 1
    UNION ALL
    SELECT t.shown_schema, t.name, c.name, k.word, N''
    FROM t
    JOIN sys.columns AS c ON c.object_id = t.object_id
    CROSS APPLY (VALUES
      (N'masked', CASE WHEN c.is_masked = 1
        AND COALESCE(HAS_PERMS_BY_NAME(NULL, N'DATABASE', N'UNMASK'), 0) = 0
        AND COALESCE(HAS_PERMS_BY_NAME(t.quoted_name, N'OBJECT', N'UNMASK', c.name, N'COLUMN'), 0) = 0
        THEN 1 END),
      (N'always-encrypted', CASE WHEN c.encryption_type IS NOT NULL THEN 1 END),
      (N'unpadded', CASE WHEN c.is_ansi_padded = 0 AND c.max_length > 0
        AND TYPE_NAME(c.system_type_id) IN (N'varbinary', N'binary', N'varchar', N'char')
        THEN 1 END),
      (N'column-set', CASE WHEN c.is_column_set = 1 THEN 1 END),
      (N'filestream', CASE WHEN c.is_filestream = 1 THEN 1 END),
      (N'computed', CASE WHEN c.is_computed = 1 THEN 1 END),
      (N'generated', CASE WHEN c.generated_always_type <> 0 THEN 1 END)
    ) AS k(word, applies)
    WHERE k.applies = 1
    UNION ALL
    SELECT DISTINCT t.shown_schema, t.name, NULL, N'read-only-filegroup', f.name
    FROM t
    CROSS APPLY (
      SELECT i.data_space_id FROM sys.indexes AS i
        WHERE i.object_id = t.object_id AND i.index_id IN (0, 1)
      UNION ALL SELECT t.lob_data_space_id
      UNION ALL SELECT t.filestream_data_space_id
    ) AS p
    LEFT JOIN sys.destination_data_spaces AS d ON d.partition_scheme_id = p.data_space_id
    JOIN sys.filegroups AS f ON f.data_space_id = COALESCE(d.data_space_id, p.data_space_id)
    WHERE f.is_read_only = 1
    UNION ALL
    SELECT DISTINCT t.shown_schema, t.name, NULL, N'row-security',
      QUOTENAME(s.name) + N'.' + QUOTENAME(p.name)
    FROM t
    JOIN sys.security_predicates AS r ON r.target_object_id = t.object_id
    JOIN sys.security_policies AS p ON p.object_id = r.object_id
    JOIN sys.schemas AS s ON s.schema_id = p.schema_id
    WHERE p.is_enabled = 1
    ORDER BY 1, 2, 3, 4, 5
    """

  /// A query for the traits of the database: word and name. Columns and properties: sql-docs,
  /// relational-databases/system-catalog-views/sys-databases-transact-sql, t-sql/functions/serverproperty-transact-sql
  /// and databasepropertyex-transact-sql. By name, because on Azure the database's number need not be DB_ID().
  var databaseTraitsQuery: String? { SQLServerDialect.databaseTraits }

  private static let databaseTraits = """
    SELECT k.word, d.name
    FROM sys.databases AS d
    CROSS APPLY (VALUES
      (N'captured', CASE WHEN d.is_cdc_enabled = 1 THEN 1 END),
      (N'published', CASE WHEN d.is_published = 1 OR d.is_merge_published = 1 THEN 1 END),
      (N'subscribed', CASE WHEN d.is_subscribed = 1 THEN 1 END),
      (N'availability-group', CASE WHEN d.replica_id IS NOT NULL THEN 1 END),
      (N'read-only', CASE WHEN DATABASEPROPERTYEX(d.name, N'Updateability') <> N'READ_WRITE' THEN 1 END),
      (N'azure-sql-database', CASE WHEN SERVERPROPERTY(N'EngineEdition') = 5 THEN 1 END),
      (N'managed-instance', CASE WHEN SERVERPROPERTY(N'EngineEdition') = 8 THEN 1 END),
      (N'snapshots-unseen', CASE WHEN SERVERPROPERTY(N'EngineEdition') <> 5
        AND COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW ANY DATABASE'), 0) = 0 THEN 1 END)
    ) AS k(word, applies)
    WHERE d.name = DB_NAME() AND k.applies = 1
    UNION ALL
    SELECT N'snapshot', s.name
    FROM sys.databases AS d
    JOIN sys.databases AS s ON s.source_database_id = d.database_id
    WHERE d.name = DB_NAME()
    ORDER BY 1, 2
    """
}
