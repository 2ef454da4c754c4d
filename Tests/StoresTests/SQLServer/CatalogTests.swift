// The queries of SQL Server's catalog, run by PostgreSQL on tables of the same names: their joins and their rule for
// columns that an older version lacks are those of every SQL engine. What the words of T-SQL mean is put in the place
// of the words.

import Outside
import Testing

@testable import Stores

@Suite struct CatalogTests {
  /// T-SQL as PostgreSQL reads it.
  static func translated(_ query: String) -> String {
    query.replacing("CROSS APPLY", with: "CROSS JOIN LATERAL").replacing(#/\bN'/#, with: "'")
      .replacing("'_%[_]CT'", with: "'_%\\_CT'")
  }

  static let functions = """
    CREATE SCHEMA sys;
    CREATE FUNCTION plus(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1 || $2';
    CREATE OPERATOR + (LEFTARG = text, RIGHTARG = text, FUNCTION = plus);
    CREATE FUNCTION quotename(text) RETURNS text LANGUAGE sql
      AS 'SELECT ''['' || replace($1, '']'', '']]'') || '']''';
    CREATE FUNCTION len(text) RETURNS int LANGUAGE sql AS 'SELECT length($1)';
    CREATE FUNCTION db_name() RETURNS text LANGUAGE sql AS 'SELECT ''here''::text';
    CREATE FUNCTION type_name(int) RETURNS text LANGUAGE sql
      AS 'SELECT CASE $1 WHEN 165 THEN ''varbinary'' ELSE ''nvarchar'' END';
    CREATE FUNCTION has_perms_by_name(text, text, text) RETURNS int LANGUAGE sql
      AS 'SELECT CASE WHEN $1 LIKE ''%Open]'' THEN 1 ELSE 0 END';
    CREATE FUNCTION has_perms_by_name(text, text, text, text, text) RETURNS int LANGUAGE sql
      AS 'SELECT CASE WHEN $5 <> ''COLUMN'' THEN NULL WHEN $3 = ''UNMASK'' AND $1 = ''[dbo].[Seen]'' THEN 1
        WHEN $3 = ''UPDATE'' AND $4 IN (''D'', ''Computed'') THEN 0 WHEN $3 = ''SELECT'' AND $4 = ''R'' THEN 0
        WHEN $3 <> ''UNMASK'' THEN 1 END';
    CREATE FUNCTION serverproperty(text) RETURNS int LANGUAGE sql AS 'SELECT 3';
    CREATE FUNCTION databasepropertyex(text, text) RETURNS text LANGUAGE sql
      AS 'SELECT ''READ_ONLY''::text';
    """

  static let flags = [
    "is_memory_optimized", "temporal_type", "is_tracked_by_cdc", "is_replicated",
    "is_merge_published", "is_sync_tran_subscribed", "is_external", "is_filetable",
    "history_table_id", "lob_data_space_id", "filestream_data_space_id",
  ]

  /// - Parameter later: the columns that a later version has in sys.tables.
  static func catalog(later: [String]) throws -> PostgresDatabase {
    let columns = (flags + later).map { ", \($0) int DEFAULT 0" }.joined()
    return try PostgresServer.shared.database(
      functions + """
        CREATE TABLE sys.schemas (schema_id int, name text);
        INSERT INTO sys.schemas VALUES (1, 'dbo'), (2, 'h]'), (3, 'cdc');
        CREATE TABLE sys.tables (object_id int, schema_id int, name text\(columns));
        CREATE TABLE sys.columns (object_id int, column_id int, name text, is_masked int DEFAULT 0,
          encryption_type int, is_ansi_padded int DEFAULT 1, max_length int DEFAULT -1,
          system_type_id int DEFAULT 231, is_column_set int DEFAULT 0, is_filestream int DEFAULT 0,
          is_computed int DEFAULT 0, generated_always_type int DEFAULT 0);
        CREATE TABLE sys.indexes (object_id int, index_id int, data_space_id int);
        CREATE TABLE sys.destination_data_spaces (partition_scheme_id int, data_space_id int);
        CREATE TABLE sys.filegroups (data_space_id int, name text, is_read_only int);
        INSERT INTO sys.filegroups VALUES (1, 'PRIMARY', 0), (2, 'OLD', 1);
        CREATE TABLE sys.security_policies (object_id int, schema_id int, name text, is_enabled int);
        CREATE TABLE sys.security_predicates (object_id int, target_object_id int);
        CREATE TABLE sys.databases (name text, database_id int, source_database_id int,
          is_cdc_enabled int DEFAULT 0, is_published int DEFAULT 0, is_merge_published int DEFAULT 0,
          is_subscribed int DEFAULT 0, replica_id text);
        INSERT INTO sys.databases (name, database_id, source_database_id, is_cdc_enabled, replica_id)
          VALUES ('here', 7, NULL, 1, 'x'), ('before', 8, 7, 0, NULL), ('of another', 9, 4, 0, NULL);

        """)
  }

  static func traits(of database: PostgresDatabase) throws -> [String] {
    let query = translated(try #require(SQLServerDialect().traitsQuery))
    return try database.run(query).split(separator: "\n").map(String.init)
  }

  @Test(arguments: [
    [], ["ledger_type"], ["is_remote_data_archive_enabled"],
    ["ledger_type", "is_remote_data_archive_enabled"],
  ])
  func eachVersionTellsWhatItHas(_ later: [String]) throws {
    let database = try CatalogTests.catalog(later: later)
    try database.run(
      "INSERT INTO sys.tables (object_id, schema_id, name) VALUES (1, 1, 'A'), (2, 1, 'B');")
    #expect(try CatalogTests.traits(of: database) == [])
    if later.contains("ledger_type") {
      try database.run("UPDATE sys.tables SET ledger_type = 3 WHERE name = 'B';")
      #expect(try CatalogTests.traits(of: database) == ["|B||append-only-ledger|"])
    }
    if later.contains("is_remote_data_archive_enabled") {
      try database.run("UPDATE sys.tables SET is_remote_data_archive_enabled = 1 WHERE name = 'A';")
      #expect(try CatalogTests.traits(of: database).first == "|A||stretched|")
    }
  }

  @Test func aHistoryLeadsToItsTable() throws {
    let database = try CatalogTests.catalog(later: ["ledger_type"])
    try database.run(
      """
      INSERT INTO sys.tables (object_id, schema_id, name, temporal_type, history_table_id, ledger_type)
        VALUES (1, 1, 'T', 2, 2, 0), (2, 2, 'TH', 1, 0, 0), (3, 1, 'L', 2, 4, 2), (4, 1, 'LH', 1, 0, 1);
      """)
    #expect(
      try CatalogTests.traits(of: database) == [
        "|L||temporal|", "|L||updatable-ledger|", "|LH||ledger-history|[dbo].[L]", "|T||temporal|",
        "h]|TH||temporal-history|[dbo].[T]",
      ])
  }

  @Test func changeTablesAreThoseOfItsSchemaOnly() throws {
    let database = try CatalogTests.catalog(later: [])
    try database.run(
      """
      INSERT INTO sys.tables (object_id, schema_id, name, is_tracked_by_cdc)
        VALUES (1, 1, 'T', 1), (2, 3, 'dbo_T_CT', 0), (3, 3, 'a', 0), (4, 1, 'x_CT', 0), (5, 3, 'xCT', 0);
      """)
    #expect(
      try CatalogTests.traits(of: database) == [
        "|T||captured|", "cdc|dbo_T_CT||change-table|dbo_T",
      ])
    try database.run("UPDATE sys.databases SET is_cdc_enabled = 0;")
    #expect(try CatalogTests.traits(of: database) == ["|T||captured|"])
  }

  @Test func columnsPoliciesAndFilegroups() throws {
    let database = try CatalogTests.catalog(later: [])
    try database.run(
      """
      INSERT INTO sys.tables (object_id, schema_id, name, lob_data_space_id)
        VALUES (1, 1, 'T', 0), (2, 1, 'Seen', 2), (3, 2, 'P]', 0);
      INSERT INTO sys.columns (object_id, column_id, name, is_masked) VALUES (1, 1, 'M', 1), (2, 1, 'M', 1);
      INSERT INTO sys.columns (object_id, column_id, name, encryption_type) VALUES (1, 2, 'E', 2);
      INSERT INTO sys.columns (object_id, column_id, name, is_ansi_padded, max_length, system_type_id)
        VALUES (1, 3, 'U', 0, 50, 165), (1, 4, 'Max', 0, -1, 165), (1, 5, 'N', 0, 50, 231);
      INSERT INTO sys.indexes VALUES (1, 1, 1), (2, 1, 1), (3, 0, 100), (1, 2, 2);
      INSERT INTO sys.destination_data_spaces VALUES (100, 1), (100, 2), (100, 2);
      INSERT INTO sys.security_policies VALUES (10, 2, 'Hide]', 1), (11, 1, 'Off', 0);
      INSERT INTO sys.security_predicates VALUES (10, 1), (10, 1), (11, 2);
      """)
    let found = try CatalogTests.traits(of: database)
    #expect(
      found == [
        "|Seen||read-only-filegroup|OLD", "|T|E|always-encrypted|", "|T|M|masked|",
        "|T|U|unpadded|",
        "|T||row-security|[h]]].[Hide]]]", "h]|P]||read-only-filegroup|OLD",
      ])
  }

  @Test func theDatabaseTellsOfItsSnapshots() throws {
    let query = CatalogTests.translated(try #require(SQLServerDialect().databaseTraitsQuery))
    let rows = try CatalogTests.catalog(later: []).run(query).split(separator: "\n")
    #expect(
      rows.map(String.init) == [
        "availability-group|here", "captured|here", "read-only|here", "snapshot|before",
        "snapshots-unseen|here",
      ])
  }

  /// Where the login has the right to the table as a whole; else its absence says enough.
  @Test func columnsThatTheLoginMayNotReadOrUpdate() throws {
    let database = try CatalogTests.catalog(later: [])
    try database.run(
      """
      INSERT INTO sys.tables (object_id, schema_id, name) VALUES (1, 2, 'Open'), (2, 1, 'Shut');
      INSERT INTO sys.columns (object_id, column_id, name, is_computed)
        VALUES (1, 2, 'D', 0), (1, 1, 'R', 0), (1, 3, 'Free', 0), (1, 4, 'Computed', 1), (2, 1, 'D', 0);
      """)
    let query = CatalogTests.translated(try #require(SQLServerDialect().deniedColumnsQuery))
    #expect(try database.run(query) == "h]|Open|R|SELECT\nh]|Open|D|UPDATE\n")
  }
}
