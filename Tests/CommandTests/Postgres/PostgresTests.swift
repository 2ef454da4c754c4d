// The commands on a store behind ODBC, from the command line.

import Foundation
import Native
import Outside
import Testing

@Suite struct PostgresTests {
  private func rotate(_ node: PostgresNode, _ options: String...) async throws -> Ending {
    try await OctokeyProgram.run(
      [
        "rotate-master-key", "--config", node.node.config, "--machine-id-file", node.node.machineID,
        "--yes",
      ] + options)
  }

  @Test func aRotationKeepsEveryPlaintext() async throws {
    let node = try await PostgresNode(["--documents", "400", "--json-blob"])
    let before = try await node.node.octokey("verify", "--format", "json")
    #expect(before.status == 0, "\(before.stderr)")
    let result = try await rotate(node)
    #expect(result.status == 0, "\(result.stderr)")
    let after = try await node.node.octokey("verify", "--format", "json")
    #expect(after.status == 0, "\(after.stderr)")
    func decrypted(_ ending: Ending) -> Substring? {
      ending.stdout.split(separator: "\n").first { $0.contains("\"decrypted\"") }
    }
    #expect(decrypted(before) != nil && decrypted(before) == decrypted(after))
    // The old key decrypts nothing any more.
    let key = try #require(try node.node.files("master-key-").first)
    #expect(try node.database.run("SELECT count(*) FROM \"Account\"") != "0\n")
    let value = try node.database.run(
      "SELECT \"JSON\"::json->>'Password' FROM \"Account\" WHERE \"JSON\"::json->>'Password' <> '' ORDER BY \"Id\" LIMIT 1"
    )
    let plaintext = try await node.node.shell(
      """
      value='\(value.trimmingCharacters(in: .newlines))'
      hex() { base64 -d | od -An -v -tx1 | tr -d ' \\n'; }
      printf %s "${value%%|*}" | base64 -d | openssl enc -d -aes-128-cbc \\
        -K "$(grep -v '^#' \(key) | hex)" -iv "$(printf %s "${value##*|}" | hex)"
      """)
    #expect(!plaintext.isEmpty)
  }

  @Test func aDryRunChangesNothing() async throws {
    let node = try await PostgresNode()
    let before = try node.dump("VariableSet")
    let result = try await rotate(node, "--dry-run")
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try node.dump("VariableSet") == before)
  }

  @Test func noPasswordIsShown() async throws {
    let node = try await PostgresNode(["--documents", "60"])
    let secret = try PostgresServer.shared.password
    let rotated = try await rotate(node)
    let status = try await node.node.octokey("status")
    try node.point(at: node.database.odbc.replacing("PWD={p", with: "PWD={q"))
    let denied = try await node.node.octokey("verify")
    #expect(denied.status == 1)
    #expect(denied.stderr.contains("127.0.0.1") && denied.stderr.contains(node.database.name))
    for ending in [rotated, status, denied] {
      for text in [ending.stdout, ending.stderr] {
        #expect(!text.contains(secret) && !text.contains("UID=x"))
      }
    }
    for file in try node.node.files("rotation-report-") {
      #expect(try !node.node.text(file).contains("UID=x"))
    }
  }

  @Test func aLockedTableIsBusy() async throws {
    let node = try await PostgresNode()
    let before = try node.dump("Account")
    let holder = try ODBCConnection.open(
      node.database.odbc, secrets: [], loginTimeout: .seconds(10))
    try holder.begin()
    try holder.run("LOCK TABLE \"Account\" IN ROW EXCLUSIVE MODE")
    let result = try await rotate(node)
    try holder.rollback()
    #expect(result.status == 4, "\(result.stderr)")
    let place =
      "\"Account\" of \"127.0.0.1,\(try PostgresServer.shared.port)/\(node.database.name)\""
    #expect(result.stderr.contains(place + " is in use by another process"), "\(result.stderr)")
    #expect(try node.dump("Account") == before)
    #expect(try node.node.files("master-key-").isEmpty)
  }

  @Test func theVictimOfADeadlockChangesNothing() async throws {
    let node = try await PostgresNode()
    let before = try node.dump("Account")
    let holder = try ODBCConnection.open(
      node.database.odbc, secrets: [], loginTimeout: .seconds(10))
    // The first session to check for deadlocks is the victim.
    try holder.run("SET deadlock_timeout = '1h'")
    try holder.begin()
    try holder.run("LOCK TABLE \"Proxy\" IN ROW EXCLUSIVE MODE")
    async let rotation = rotate(node)
    // Once octokey holds the first table and waits for the second, each waits for the other.
    try holder.run(
      """
      DO $$ BEGIN
        WHILE NOT EXISTS (
          SELECT FROM pg_locks WHERE NOT granted AND relation = '"Proxy"'::regclass
        ) LOOP PERFORM pg_sleep(0.01); END LOOP;
      END $$
      """)
    try holder.run("LOCK TABLE \"Account\" IN ROW EXCLUSIVE MODE")
    let result = try await rotation
    try holder.rollback()
    #expect(result.status == 4, "\(result.stderr)")
    // By then the holder has both.
    #expect(
      result.stderr.contains(/"(Account|Proxy)" of "127\.0\.0\.1/), "\(result.stderr)")
    #expect(try node.dump("Account") == before)
    #expect(try node.node.files("master-key-").isEmpty)
  }

  @Test func aFullDiskOfTheServerChangesNothing() async throws {
    let node = try await PostgresNode()
    let server = try PostgresServer.shared
    let small = "small_" + node.database.name
    try server.psql(
      "CREATE TABLESPACE \(small) LOCATION '\(server.smallFolder)'", in: node.database.name)
    try node.database.run("ALTER TABLE \"VariableSet\" SET TABLESPACE \(small)")
    let before = try node.dump("VariableSet")
    #expect(throws: Outside.Failed.self) {
      try node.database.run(
        """
        COPY (SELECT repeat('x', 1000) FROM generate_series(1, 20000))
        TO '\(server.smallFolder)/filler'
        """)
    }
    let result = try await rotate(node)
    #expect(result.status == 1, "\(result.stderr)")
    #expect(
      result.stderr.contains("no space left for \"VariableSet\" of \"127.0.0.1"),
      "\(result.stderr)")
    #expect(try node.dump("VariableSet") == before)
    #expect(try node.node.files("master-key-").isEmpty)
    #expect(try await node.node.octokey("verify").status == 0)
  }

  @Test func aTableWithoutRightsIsNamed() async throws {
    let node = try await PostgresNode()
    let server = try PostgresServer.shared
    let role = node.database.name
    try node.database.run(
      """
      CREATE ROLE \(role) LOGIN PASSWORD 'poor';
      GRANT ALL ON ALL TABLES IN SCHEMA public TO \(role);
      REVOKE ALL ON "Proxy" FROM \(role);
      """)
    try node.point(at: node.database.odbc(user: role, password: "poor"))
    let before = try node.dump("VariableSet")
    // What is only read is read as far as may be, and the rest is named.
    let verified = try await node.node.octokey("verify")
    #expect(verified.status == 2, "\(verified.stderr)")
    #expect(
      verified.stdout.contains("Proxy: this was not read")
        && verified.stdout.contains("permission to read it was denied"), "\(verified.stdout)")
    #expect(!verified.stdout.contains("all "), "\(verified.stdout)")
    let result = try await rotate(node)
    #expect(result.status == 1, "\(result.stderr)")
    #expect(result.stderr.contains("Proxy"), "\(result.stderr)")
    #expect(result.stderr.contains("127.0.0.1,\(server.port)/\(node.database.name)"))
    #expect(try node.dump("VariableSet") == before)
  }

  @Test func whatTheDriverGoesOnWithoutIsSaid() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let result = try await node.octokey(
      "verify", "--odbc-driver", "/none/libtdsodbc.so", "--store",
      "sqlserver:Server=127.0.0.1,1;Database=d;User Id=u;Password=p;Failover Partner=x")
    #expect(result.status == 1)
    #expect(
      result.stderr.contains(
        "the driver does not support Failover Partner of the connection string"),
      "\(result.stderr)")
  }

  @Test func aServerThatIsNotThereIsNamed() async throws {
    let node = try await PostgresNode(["--documents", "60"])
    try node.point(at: node.database.odbc(port: 1))
    let result = try await rotate(node)
    #expect(result.status == 1)
    #expect(result.stderr.contains("cannot connect to \"127.0.0.1,1/"), "\(result.stderr)")
    #expect(try node.node.files("master-key-").isEmpty)
  }

  @Test func aLiveNodeStopsARotation() async throws {
    let node = try await PostgresNode(["--documents", "200"])
    let before = try node.dump("VariableSet")
    try node.database.run(
      """
      CREATE TABLE "OctopusServerNodeStatus" ("Id" varchar(250) PRIMARY KEY, "Beat" timestamptz);
      INSERT INTO "OctopusServerNodeStatus"
        SELECT "Id", now() - interval '1 day' FROM "OctopusServerNode";
      INSERT INTO "OctopusServerNodeStatus" VALUES ('node-new', now() - interval '100 seconds'),
        ('-o ProxyCommand=x', now() - interval '1 day');
      """)
    let refused = try await rotate(node)
    #expect(refused.status == 4 && refused.stderr.contains("\"node-new\""), "\(refused.stderr)")
    #expect(!refused.stderr.contains("node-01"))
    let status = try await node.node.octokey("status", "--format", "json")
    #expect(status.stdout.contains("\"nodesAlive\" : 1"), "\(status.stdout)")
    try node.database.run(
      "UPDATE \"ServerTask\" SET \"State\" = 'Executing' WHERE \"Id\" = "
        + "(SELECT min(\"Id\") FROM \"ServerTask\")")
    let tasks = try await rotate(node, "--live-node-age", "60")
    #expect(tasks.status == 4 && tasks.stderr.contains("1 running task"), "\(tasks.stderr)")
    #expect(try node.dump("VariableSet") == before)
    let forced = try await rotate(node, "--ignore-live-nodes")
    #expect(forced.status == 0, "\(forced.stderr)")
    // The next steps name the other nodes, and quote only names that are safe on a command line.
    let keyFile = try #require(try node.node.files("master-key-").first)
    let fingerprint = try await node.node.octokey("show-master-key", "--fingerprint").stdout
    #expect(
      forced.stdout.contains(
        "ssh node-new octokey set-master-key --key-file - --expect-fingerprint "
          + "\(fingerprint.dropLast()) <\(node.node.folder)/\(keyFile)\n"),
      "\(forced.stdout)")
    #expect(!forced.stdout.contains("ssh node-01") && !forced.stdout.contains("ssh -o"))
    #expect(forced.stdout.contains("on node \"-o ProxyCommand=x\", while"), "\(forced.stdout)")
  }
}
