// Which tables are found, and by which keys their rows are addressed.

import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct SQLiteDiscoveryTests {
  private func found(_ script: String) throws -> [String] {
    let database = try TestDatabase(script)
    let store = database.store
    try store.begin(.rewrite)
    defer { store.rollback() }
    return try store.inventory().collections.map { collection in
      collection.name + ":"
        + collection.fields.map { "\($0.name)=\($0.storage)" }.joined(separator: ",")
    }
  }

  @Test func columnsAreFoundByNameInAnyCase() throws {
    let tables = try found(
      """
      db.executescript('''
        CREATE TABLE A (Id TEXT PRIMARY KEY, JSON TEXT);
        CREATE TABLE B (json nvarchar(99), Other TEXT);
        CREATE TABLE C (Json TEXT, JSONBlob varbinary(99));
        CREATE TABLE D (jsonblob BLOB);
        CREATE TABLE E (Id TEXT, JSON2 TEXT, NotJSON TEXT);
        CREATE TABLE F (Id TEXT PRIMARY KEY, Data VARBINARY(99), Picture image, Plain TEXT);
        CREATE TABLE G (Untyped, N INTEGER);
        CREATE VIEW V AS SELECT Id, JSON FROM A;
        CREATE TEMP TABLE T (JSON TEXT);
      ''')
      """)
    #expect(
      tables == [
        "A:JSON=text", "B:json=text,Other=bytes", "C:Json=text,JSONBlob=bytes", "D:jsonblob=bytes",
        "F:Data=bytes,Picture=bytes,Plain=bytes", "G:Untyped=bytes,N=bytes",
      ])
  }

  @Test(arguments: [
    "a b", "sel\"ect", "\"\u{301}accent", "select", "x]y", "[x]", "ünï 表 🔑", "a'b", "semi;colon",
    "tab\\tname",
    "null", "rowid", "100%", "sqlit", "--",
  ])
  func anyTableNameWorks(_ name: String) throws {
    let doubled = name.unicodeScalars.map { $0 == "\"" ? "\"\"" : $0 == "'" ? "\\'" : String($0) }
    let quoted = doubled.joined()
    let database = try TestDatabase(
      """
      name = '\(quoted)'
      db.execute(f'CREATE TABLE "{name}" ("{name}" TEXT PRIMARY KEY, JSON TEXT)')
      db.execute(f'''INSERT INTO "{name}" VALUES ('k', '"a"')''')
      """)
    #expect(try database.store.all().map(\.fields) == [["JSON": "\"a\""]])
    try database.store.rewrite(aToB)
    #expect(try database.store.all().map(\.fields) == [["JSON": "\"b\""]])
  }

  @Test func fullTextTablesAreRefusedOnlyIfTheyHoldDocuments() throws {
    #expect(
      try found(
        """
        db.executescript('''
          CREATE VIRTUAL TABLE Search USING fts5(Title, Body);
          CREATE TABLE A (JSON TEXT);
        ''')
        """) == ["A:JSON=text"])
    let database = try TestDatabase("db.execute('CREATE VIRTUAL TABLE S USING fts5(JSON)')")
    #expect(try database.store.all(.rewrite).isEmpty)
    try database.insert("S VALUES (?)")
    #expect(
      throws: StoreError.obstacle(location: database.path, collection: "S", .virtualTable)
    ) { try database.store.all(.rewrite) }
  }

  @Test(arguments: [
    "CREATE TABLE T (Id TEXT, JSON TEXT)",
    "CREATE TABLE T (Id INTEGER PRIMARY KEY, JSON TEXT)",
    "CREATE TABLE T (Id TEXT PRIMARY KEY, JSON TEXT)",
    "CREATE TABLE T (Id TEXT PRIMARY KEY, JSON TEXT) WITHOUT ROWID",
    "CREATE TABLE T (Id TEXT COLLATE NOCASE PRIMARY KEY, JSON TEXT) WITHOUT ROWID",
    "CREATE TABLE T (Id TEXT, JSON TEXT, PRIMARY KEY (Id DESC)) WITHOUT ROWID",
    "CREATE TABLE T (Id TEXT, B BLOB DEFAULT x'00ff', JSON TEXT, PRIMARY KEY (B, Id)) WITHOUT ROWID",
    "CREATE TABLE T (Id TEXT, R REAL DEFAULT 1.5, JSON TEXT, PRIMARY KEY (R, Id)) WITHOUT ROWID",
    "CREATE TABLE T (rowid TEXT, Id TEXT, JSON TEXT)",
    "CREATE TABLE T (rowid TEXT, _rowid_ TEXT, Id TEXT, JSON TEXT)",
    "CREATE TABLE T (Id TEXT, JSON TEXT); CREATE INDEX I ON T (JSON)",
    "CREATE TABLE T (Id TEXT, JSON TEXT UNIQUE)",
    "CREATE TABLE T (Id TEXT PRIMARY KEY, JSON TEXT) STRICT",
    "CREATE TABLE T (Id TEXT, JSON TEXT CHECK (json_valid(JSON)))",
  ])
  func everyRowIsVisitedOnceWhileItIsRewritten(_ table: String) throws {
    let database = try TestDatabase(
      """
      db.executescript('''\(table)''')
      keyed = 'INTEGER PRIMARY' in '''\(table)'''
      db.execute('BEGIN')
      for n in range(1500):
        db.execute('INSERT INTO T (Id, JSON) VALUES (?, ?)', (n if keyed else f'Id-{n}', f'["a{n}"]'))
      db.execute('COMMIT')
      """)
    #expect(Set(try database.store.all().map { $0.fields["JSON"] }).count == 1500)
    var calls = 0
    try database.store.rewrite { bytes in
      calls += 1
      return aToB(bytes)
    }
    #expect(calls == 1500, "not one row twice, and none forgotten")
    let check = "SELECT count(*), count(DISTINCT JSON), sum(JSON LIKE '[\\\"b%\\\"]') FROM T"
    #expect(try database.rows(check) == ["(1500, 1500, 1500)"])
    #expect(try database.rows("PRAGMA integrity_check") == ["(b'ok',)"])
  }

  @Test func theEndsOfTheRowidRangeAreVisited() throws {
    let database = try TestDatabase(
      """
      db.execute('CREATE TABLE T (JSON TEXT)')
      for n in (-2**63, -1, 0, 1, 2**63 - 1):
        db.execute("INSERT INTO T (rowid, JSON) VALUES (?, '\\"a\\"')", (n,))
      """)
    try database.store.rewrite(aToB)
    #expect(try database.rows("SELECT count(*) FROM T WHERE JSON = '\"b\"'") == ["(5,)"])
  }

  @Test func rowsWithoutAKeyAreRefused() throws {
    let database = try TestDatabase(
      "db.execute('CREATE TABLE T (rowid TEXT, _rowid_ TEXT, oid TEXT, JSON TEXT)')")
    #expect(try database.store.all(.rewrite).isEmpty, "it holds nothing")
    try database.insert("T (JSON) VALUES (?)")
    #expect(throws: StoreError.obstacle(location: database.path, collection: "T", .noRowKey)) {
      try database.store.all(.rewrite)
    }
    let store = database.store
    try store.begin(.read)
    defer { store.rollback() }
    let inventory = try store.inventory()
    #expect(inventory.collections.isEmpty)
    #expect(inventory.unread == [.init(collection: "T", obstacle: .noRowKey)])
  }

  @Test func whatIsNotLookedAtIsTold() throws {
    let database = try TestDatabase(
      """
      db.executescript('''
        CREATE TABLE A (Id INTEGER PRIMARY KEY AUTOINCREMENT, JSON TEXT, Length AS (length(JSON)));
        CREATE TABLE B (Id TEXT PRIMARY KEY, Number INTEGER);
        CREATE VIRTUAL TABLE C USING fts5(Words);
        CREATE VIEW V AS SELECT Id, JSON FROM A;
      ''')
      """)
    let store = database.store
    try store.begin(.read)
    defer { store.rollback() }
    let account = try store.inventory().account
    #expect(account.schemas.isEmpty && account.collections == 3)
    #expect(account.columns == 5, "also of the virtual table")
    #expect(account.omissions.contains(.init(place: "A", column: "Length", .computed)))
    for engines in ["sqlite_schema", "sqlite_sequence", "C_content", "C_data"] {
      #expect(account.omissions.contains(.init(place: engines, .enginesOwn)), "\(engines)")
    }
    #expect(!account.omissions.contains { ["V", "B", "C"].contains($0.place) })
  }

  /// By what they hold, and not by their names or types. Only those rows are read.
  @Test func anyColumnMayHoldValues() throws {
    let database = try TestDatabase(
      """
      db.executescript('''
        CREATE TABLE Token (Id TEXT PRIMARY KEY, UserId TEXT, AccessToken nvarchar(400), Number INTEGER);
        CREATE TABLE SigningKey (Id TEXT PRIMARY KEY, JSON TEXT, PrivateKey TEXT, Note TEXT);
        CREATE TABLE Keyed (Secret TEXT PRIMARY KEY, Note TEXT);
        CREATE TABLE Short (Id TEXT PRIMARY KEY, Note TEXT);
      ''')
      shaped = '\(shapedText)'
      db.executemany('INSERT INTO Token VALUES (?, ?, ?, ?)', [
        ('T-1', 'Users-1', shaped, 1), ('T-2', 'Users|2', 'none', shaped),
        ('T-3', 'Users-3', shaped.encode(), 3), ('T-4', 'Users-4', None, 4)])
      escaped = '["' + shaped.replace('|', chr(92) + 'u007c') + '"]'
      db.execute('INSERT INTO SigningKey VALUES (?, ?, ?, ?)', ('S-1', '{}', escaped, 'n'))
      db.execute('INSERT INTO SigningKey VALUES (?, ?, ?, ?)', ('S-2', '{}', None, None))
      db.execute('INSERT INTO Short VALUES (?, ?)', ('N-1', 'a|b'))
      """)
    let seen = try database.store.all()
    #expect(
      seen.map { "\($0.collection) \($0.id) \($0.fields.keys.sorted().joined(separator: ","))" }
        == [
          "SigningKey S-1 JSON,PrivateKey", "SigningKey S-2 JSON", "Token T-1 AccessToken",
          "Token T-2 Number", "Token T-3 AccessToken",
        ])
    #expect(try database.store.all(.rewrite) == seen)
    try database.insert("Keyed VALUES (?, 1)")
    #expect(
      throws: StoreError.obstacle(
        location: database.path, collection: "Keyed", .keyColumn("Secret"))
    ) { try database.store.all(.rewrite) }
    #expect(try database.store.all() == seen)
  }

  @Test func documentsAreNamedAsPeopleKnowThem() throws {
    let database = try TestDatabase(
      """
      db.executescript('''
        CREATE TABLE A (Id TEXT PRIMARY KEY, JSON TEXT);
        INSERT INTO A VALUES ('Projects-1', '1');
        CREATE TABLE B (X TEXT, Y INTEGER, JSON TEXT, PRIMARY KEY (X, Y));
        INSERT INTO B VALUES ('x', 7, '1');
        CREATE TABLE C (JSON TEXT);
        INSERT INTO C VALUES ('1');
      ''')
      """)
    #expect(try database.store.all().map(\.id) == ["Projects-1", "x,7", "rowid 1"])
  }
}
