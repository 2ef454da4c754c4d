// Databases behind an ODBC driver that octokey does not know.

import Outside
import Testing

@Suite struct ODBCDatabaseTests {
  @Test func anUnknownDatabaseIsRefused() async throws {
    let node = try await SampleNode(["--documents", "60"])
    let store = "odbc:Driver=\(ODBCLibrary.path("libsqlite3odbc.so"));Database=\(node.database)"
    try await node.shell("sed -i 's#sqlite:[^<]*#\(store)#' OctopusServer.config")
    let sums = "sha256sum octopus.db OctopusServer.config"
    let before = try await node.shell(sums)
    for result in [
      try await node.octokey("verify"), try await node.octokey("rotate-master-key", "--yes"),
    ] {
      #expect(result.status == 1, "\(result.stderr)")
      #expect(
        result.stderr.contains("SQLite is not a database that octokey knows"), "\(result.stderr)")
    }
    #expect(try await node.shell(sums) == before)
    #expect(try node.files("octokey-journal").isEmpty && node.files("master-key-").isEmpty)
  }
}
