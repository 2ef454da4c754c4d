// A small node whose transactions get lost: Tests/Servers/lost_transaction.py is between octokey and
// PostgreSQL, and Tests/Servers/oracle.py says what became of the values, without octokey.

import Foundation
import Outside
import Testing

/// A node behind the proxy, and what its values said before anything happened.
struct LosingNode {
  let node: PostgresNode
  let port = PostgresServer.freePort()
  /// The plaintexts as the oracle recorded them.
  let recorded: String

  /// Few tables, so that a rotation is short, one of them with three pages of documents.
  private static let tables = """
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND relname NOT IN ('Account', 'BlobDocument', 'Configuration', 'Release', 'VariableSet')
      LOOP EXECUTE format('DROP TABLE %I', name); END LOOP;
    END $$;
    DELETE FROM "VariableSet" WHERE length("JSON") > 800;
    DELETE FROM "BlobDocument" WHERE length("Blob") > 10000;
    INSERT INTO "VariableSet"
      SELECT "Id" || '-' || number, "OwnerId", "OwnerType", "Version", "IsFrozen",
        "RelatedDocumentIds", "JSON", "SpaceId"
      FROM "VariableSet", generate_series(1, 340 / (SELECT count(*) FROM "VariableSet")) AS number;
    """

  /// - Parameter recorded: what the oracle recorded of another of these nodes; they are all the same.
  init(recorded: String? = nil) async throws {
    node = try await PostgresNode(["--documents", "200"], script: LosingNode.tables)
    // Without savepoints, which SQL Server's drivers do not set either: they would give the loss away.
    try node.point(at: node.database.odbc(port: port) + ";Protocol=7.4-1")
    try await node.node.shell("cp OctopusServer.config before.config")
    self.recorded = recorded ?? node.node.folder + "/recorded"
    guard recorded == nil else { return }
    let lines = try await oracle([
      "--record", self.recorded, node.database.name, "old=before.config",
    ])
    // An oracle that is blind would find nothing wrong later.
    let counts = try #require(
      lines.wholeMatch(of: /values ([0-9]+)\nold ([0-9]+) .*\n/), "\(lines)")
    #expect(counts.1 == counts.2 && Int(counts.1) ?? 0 > 300, "\(lines)")
  }

  /// Removes the database: a hundred of them would fill a small disk.
  func drop() throws {
    try PostgresServer.shared.psql(
      "DROP DATABASE \(node.database.name) WITH (FORCE)", in: "postgres")
  }

  /// Runs octokey behind the proxy, which causes `fault`.
  func octokey(_ command: [String], _ fault: [String] = []) async throws -> Ending {
    try await OctokeyProgram.runProgram(
      "python3",
      [SampleNode.tests + "/Servers/lost_transaction.py", "--listen", "\(port)"]
        + ["--target", "\(PostgresServer.shared.port)"] + fault
        + ["--", OctokeyProgram.path, command[0], "--config", node.node.config]
        + ["--machine-id-file", node.node.machineID]
        + ["--machine-key-file", node.node.folder + "/machinekey"] + command.dropFirst())
  }

  func rotate(_ fault: [String] = []) async throws -> Ending {
    try await octokey(["rotate-master-key", "--yes"], fault)
  }

  var journals: [String] {
    get throws { try node.node.files("octokey-journal") }
  }

  /// A shell command that runs SQL as somebody else's session.
  func shell(_ sql: String) async throws -> String {
    let folder = node.node.folder
    try sql.write(toFile: folder + "/sql", atomically: false, encoding: .utf8)
    try PostgresServer.shared.password
      .write(toFile: folder + "/password", atomically: false, encoding: .utf8)
    return "PGPASSWORD=$(cat \(folder)/password) psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 "
      + "-p \(try PostgresServer.shared.port) -U octokey -d \(node.database.name) -f \(folder)/sql"
  }

  // MARK: What the oracle says

  func verdict() async throws -> Verdict {
    let lines = try await oracle(
      ["--expect", recorded, node.database.name]
        + ["old=before.config", "config=OctopusServer.config"])
    return try Verdict(oracle: lines)
  }

  private func oracle(_ words: [String]) async throws -> String {
    let server = try PostgresServer.shared
    let result = try await OctokeyProgram.runProgram(
      "python3", [SampleNode.tests + "/Servers/oracle.py"] + words,
      environment: [
        "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "octokey",
        "PGPASSWORD": server.password,
      ], directory: node.node.folder)
    guard result.status == 0 else { throw SampleNode.Failed(text: result.stderr) }
    return result.stdout
  }

  /// What is wrong after a rotation that ended in some way, and after the recovery if one is needed; nil if
  /// the exit code is true.
  func fault(after ending: Ending) async throws -> String? {
    try await verdict().fault(
      after: ending, journals: { try self.journals },
      recover: { (try await self.octokey(["recover"]), try await self.verdict()) })
  }
}
