// One node at a glance.

import Foundation
import Outside
import Testing

@Suite struct StatusTests {
  private func status(_ node: SampleNode) async throws -> (Ending, [String: Any]) {
    let result = try await node.octokey("status", "--format", "json")
    return (result, try ConfigTests.object(result))
  }

  @Test func aSoundNode() async throws {
    let node = try await SampleNode(["--documents", "400"])
    let sums = "sha256sum $(find . -type f | sort); ls -lA --time-style=full-iso"
    let before = try await node.shell(sums)
    let (result, report) = try await status(node)
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    let fingerprint = try await node.octokey("show-master-key", "--fingerprint").stdout
    #expect(report["fingerprint"] as? String == String(fingerprint.dropLast()))
    #expect(report["keyMatchesStore"] as? Bool == true)
    #expect(report["unfinishedRotation"] as? Bool == false)
    #expect(report["nodesAlive"] as? Int == 0)
    #expect((report["faults"] as? [Any])?.isEmpty == true)
    #expect((report["store"] as? [String: String])?["location"] == node.database)
    #expect(report["protectedBy"] as? String == node.machineID)
    #expect(report["memoryLocked"] as? Bool == true)
    #expect(try await node.shell(sums) == before)
    let text = try await node.octokey("status")
    #expect(text.status == 0 && text.stdout.contains("\nFaults:    none\n"), "\(text.stdout)")
    #expect(text.stdout.contains(report["fingerprint"] as? String ?? "?"))
  }

  /// A user whose limit for locked memory is used up; root has none.
  @Test func memoryThatCannotBeLockedIsSaid() async throws {
    let node = try await SampleNode(["--documents", "5"])
    let said = try await node.shell(
      """
      chmod 755 .; chown -R 12345 .
      for format in text json; do
        prlimit --memlock=0 setpriv --reuid 12345 --clear-groups "$OCTOKEY" status --format $format \
          --config OctopusServer.config --machine-id-file machine-id --machine-key-file none
      done
      """)
    #expect(said.contains("Memory:    not all can be locked"), "\(said)")
    #expect(said.contains(#""memoryLocked" : false"#), "\(said)")
  }

  @Test func theKeyItselfIsNowhere() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    for format in ["text", "json"] {
      let result = try await node.octokey("status", "--format", format)
      #expect(!result.stdout.contains(key) && !result.stderr.contains(key))
    }
  }

  @Test func nodesAliveByTheDatabasesClock() async throws {
    let node = try await SampleNode(["--documents", "5000"])
    let names = try await node.sql("SELECT Name FROM OctopusServerNode ORDER BY Name LIMIT 2")
      .split(separator: "\n")
    try #require(names.count == 2)
    // A node with another time zone, as in a datetimeoffset; and one that stopped an hour ago.
    try await node.sql(
      """
      UPDATE OctopusServerNode
      SET LastSeen = strftime('%Y-%m-%dT%H:%M:%S', 'now', '-60 seconds', '+330 minutes')
        || '.1234567+05:30' WHERE Name = '\(names[0])';
      UPDATE OctopusServerNode SET LastSeen = datetime('now', '-1 hour') WHERE Name = '\(names[1])'
      """)
    let (result, report) = try await status(node)
    #expect(result.status == 0 && report["nodesAlive"] as? Int == 1, "\(result.stdout)")
    let nodes = try #require(report["nodes"] as? [[String: Any]])
    let alive = nodes.filter { $0["alive"] as? Bool == true }.map { $0["name"] as? String }
    #expect(alive == [String(names[0])])
    try await node.sql("DROP TABLE OctopusServerNode")
    #expect(try await status(node).1["nodesAlive"] is NSNull)
  }

  @Test func aKeyThatIsNotTheStores() async throws {
    let node = try await SampleNode(["--documents", "400"])
    let key = node.folder + "/new.key"
    #expect(try await OctokeyProgram.run(["new-master-key", key]).status == 0)
    #expect(
      try await node.octokey("set-master-key", "--key-file", key, "--no-store-check").status == 0)
    let (result, report) = try await status(node)
    #expect(result.status == 2 && report["keyMatchesStore"] as? Bool == false)
    #expect(try await node.octokey("status").stdout.contains(": the key is of another store\n"))
  }

  @Test func whatCannotBeFoundOutIsNull() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("mv octopus.db away; echo fedcba9876543210f0dcba9876543210 >machine-id")
    let (result, report) = try await status(node)
    #expect(result.status == 2)
    #expect(report["fingerprint"] is NSNull && report["keyMatchesStore"] is NSNull)
    #expect(report["nodesAlive"] is NSNull)
    let problems = try #require(report["problems"] as? [String])
    #expect(
      problems.contains { $0.contains("octopus.db\" not found") }, "\(problems)")
    #expect(
      problems.contains { $0.contains("cannot be decrypted with a machine key") }, "\(problems)")
    let faults = try #require(report["faults"] as? [[String: Any]])
    #expect(faults.map { $0["kind"] as? String } == ["unreadable"])
    let text = try await node.octokey("status")
    #expect(text.stdout.contains("\nKey:       cannot be read\n"), "\(text.stdout)")
  }

  /// The certificate says that it is the right key; that most values are lost is said nevertheless.
  @Test func valuesThatDoNotDecryptAreNoSoundNode() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      cat >damage.py <<'END'
      import base64, os, re, sqlite3
      store = sqlite3.connect("octopus.db")
      def other(found):
        return base64.b64encode(os.urandom(32)).decode() + "|" + base64.b64encode(os.urandom(16)).decode()
      for table in ("Account", "VariableSet", "Certificate", "Proxy"):
        for row, text in store.execute("SELECT rowid, JSON FROM " + table).fetchall():
          changed = re.sub(r"[A-Za-z0-9+/]{22,}={0,2}\\|[A-Za-z0-9+/]{22}==", other, text)
          store.execute("UPDATE %s SET JSON = ? WHERE rowid = ?" % table, (changed, row))
      store.commit()
      END
      python3 damage.py; rm damage.py
      """)
    let (result, report) = try await status(node)
    let unreadable = try #require((report["values"] as? [String: Int])?["unreadable"])
    #expect(result.status == 2 && unreadable > 0, "\(result.stdout)")
    #expect(report["keyMatchesStore"] as? Bool == true)
    let text = try await node.octokey("status")
    let decrypted = try #require((report["values"] as? [String: Int])?["decrypted"])
    #expect(
      text.stdout.contains(
        "\nDecrypts:  \(decrypted) of \(decrypted + unreadable) values that were tried\n"),
      "\(text.stdout)")
    let compared = try await node.shell(
      """
      "$OCTOKEY" status --machine-id-file machine-id --format json >report.json && exit 9 || [ $? = 2 ]
      "$OCTOKEY" status --compare report.json || echo "status $?"
      """)
    #expect(compared.contains("cannot decrypt \(unreadable) of"), "\(compared)")
    #expect(compared.hasSuffix("status 2\n"), "\(compared)")
  }

  @Test func aStoreWithoutValuesProvesNothing() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      sqlite3 octopus.db "SELECT name FROM sqlite_schema WHERE type = 'table'" \
        | sed 's/.*/DELETE FROM "&";/' >all.sql
      sqlite3 octopus.db <all.sql && rm all.sql
      """)
    let (result, report) = try await status(node)
    #expect(result.status == 2 && report["keyMatchesStore"] is NSNull, "\(result.stdout)")
  }

  /// A heartbeat that cannot be read does not mean that the node is stopped.
  @Test(arguments: ["'yesterday'", "'1'", "'now'", "1.5", "2461370"])
  func anUnreadableHeartbeatIsUnknown(_ time: String) async throws {
    let node = try await SampleNode(["--documents", "200"])
    try await node.sql("UPDATE OctopusServerNode SET LastSeen = \(time) WHERE Name = 'node-01'")
    let (result, report) = try await status(node)
    #expect(result.status == 2, "\(result.stdout)")
    let nodes = try #require(report["nodes"] as? [[String: Any]])
    #expect(nodes.first { $0["name"] as? String == "node-01" }?["alive"] is NSNull, "\(nodes)")
    #expect(report["nodesAlive"] is NSNull)
    let problems = try #require(report["problems"] as? [String])
    #expect(problems.contains { $0.contains("whether \"node-01\" is live") }, "\(problems)")
    #expect(!problems.contains { $0.contains("--") }, "\(problems)")
    #expect(try await node.octokey("status").stdout.contains("; unknown: node-01\n"))
    let compared = try await node.shell(
      """
      "$OCTOKEY" status --machine-id-file machine-id --format json >report.json && exit 9 || [ $? = 2 ]
      "$OCTOKEY" status --compare report.json || echo "status $?"
      """)
    #expect(compared.contains("node-01 could not find out everything"), "\(compared)")
    #expect(!compared.contains("stopped") && compared.hasSuffix("status 2\n"), "\(compared)")
  }

  @Test func anUnfinishedRotationIsSaid() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("echo '{}' >octokey-journal.json")
    let (result, report) = try await status(node)
    #expect(result.status == 3 && report["unfinishedRotation"] as? Bool == true)
  }

  @Test func faultsOfTheFilesAreThere() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("chmod 666 OctopusServer.config")
    let (result, report) = try await status(node)
    #expect(result.status == 2)
    let faults = try #require(report["faults"] as? [[String: Any]])
    #expect(faults.map { $0["kind"] as? String } == ["open"])
  }
}
