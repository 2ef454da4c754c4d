// The commands on a SQLite file through an ODBC driver, which behaves differently from a server's.

import Outside
import Testing

@Suite struct SQLiteODBCTests {
  @Test func aKilledRotationIsRecoveredAndDoneAgain() async throws {
    let node = try await SampleNode(["--documents", "60", "--json-blob"])
    let store =
      "odbc:Driver=\(ODBCLibrary.path("libsqlite3odbc.so"));Database=\(node.database);Timeout=1000"
    try await node.shell("sed -i 's#sqlite:[^<]*#\(store)#' OctopusServer.config")
    let before = try await node.octokey("verify")
    #expect(before.status == 0, "\(before.stderr)")
    let sums = "sha256sum octopus.db OctopusServer.config"
    let untouched = try await node.shell(sums)
    let dry = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(dry.status == 0, "\(dry.stderr)")
    #expect(try await node.shell(sums) == untouched)

    // In the middle of the commit: the pages are written once the journal of SQLite is on the device.
    let killed = try await OctokeyProgram.runProgram(
      "strace",
      [
        "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
        "inject=pwrite64:signal=KILL:when=25", OctokeyProgram.path, "rotate-master-key", "--yes",
        "--config", node.config, "--machine-id-file", node.machineID,
      ])
    #expect(killed.status == 137, "\(killed.stderr)")
    #expect(try node.files("octokey-journal").count == 1)
    let recovered = try await node.octokey("recover")
    #expect(recovered.status == 0, "\(recovered.stderr)")
    let again = try await node.octokey("rotate-master-key", "--yes")
    #expect(again.status == 0, "\(again.stderr)")
    let after = try await node.octokey("verify")
    #expect(after.status == 0, "\(after.stderr)")
    #expect(
      after.stdout.split(separator: "\n").dropFirst(2)
        == before.stdout.split(separator: "\n").dropFirst(2))
    #expect(try await node.sql("PRAGMA integrity_check") == "ok")
  }
}
