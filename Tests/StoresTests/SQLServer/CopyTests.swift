// The statements for the ways back on SQL Server, word for word.

import Testing

@testable import Stores

@Suite struct CopyTests {
  static let dialect = SQLServerDialect()

  @Test(arguments: [
    (
      "Octopus's [live]", 3,
      "BACKUP DATABASE [Octopus's [live]]] TO DISK = N'Octopus''s [live]-S.bak' "
        + "WITH COPY_ONLY, CHECKSUM, INIT; RESTORE VERIFYONLY FROM DISK = "
        + "N'Octopus''s [live]-S.bak' WITH CHECKSUM;"
    ),
    // A path would lead out of the server's folder for backups.
    (
      "../a\\b:c/\u{7}d", 2,
      "BACKUP DATABASE [../a\\b:c/\u{7}d] TO DISK = N'.._a_b_c__d-S.bak' "
        + "WITH COPY_ONLY, CHECKSUM, INIT; RESTORE VERIFYONLY FROM DISK = N'.._a_b_c__d-S.bak' "
        + "WITH CHECKSUM;"
    ),
    ("O", 5, "CREATE DATABASE [O-S] AS COPY OF [O];"),
    (
      "O", 8,
      "BACKUP DATABASE [O] TO URL = N'https://ACCOUNT.blob.core.windows.net/CONTAINER/O-S.bak' "
        + "WITH COPY_ONLY, CHECKSUM; RESTORE VERIFYONLY FROM URL = "
        + "N'https://ACCOUNT.blob.core.windows.net/CONTAINER/O-S.bak' WITH CHECKSUM;"
    ),
  ])
  func aBackup(_ database: String, _ edition: Int, _ statement: String) {
    #expect(
      CopyTests.dialect.backup(of: database, edition: edition, stamp: "S", server: .init())
        == statement)
  }

  @Test func aNameStaysWithinTheServersLimit() {
    let long = String(repeating: "\u{1F511}", count: 64)
    let copy = CopyTests.dialect.backup(
      of: long, edition: 5, stamp: "20261123T101500Z", server: .init())
    let name = copy.dropFirst("CREATE DATABASE [".count).prefix { $0 != "]" }
    #expect(name.utf16.count <= 128)
    #expect(name.hasSuffix("\u{1F511}-20261123T101500Z"))
  }

  @Test func columnsWithoutARightAreAskedForOneByOne() throws {
    let query = try #require(CopyTests.dialect.deniedColumnsQuery)
    #expect(query.contains("CROSS JOIN (VALUES (N'SELECT'), (N'UPDATE')) AS r(name)"))
    #expect(
      query.contains("HAS_PERMS_BY_NAME(q.name, N'OBJECT', r.name, c.name, N'COLUMN') = 0"))
    #expect(query.contains("c.is_computed = 0 AND c.generated_always_type = 0"))
  }
}
