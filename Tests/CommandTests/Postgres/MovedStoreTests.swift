// An interrupted rotation whose database has another address by now: the same one, or a server that took over.

import Outside
import Testing

@Suite struct MovedStoreTests {
  /// Before the first write of a document has arrived, and after the commit.
  private static let moments: [([String], isNew: Bool)] = [
    (["--at", "UPDATE", "--nth", "3", "--run", "kill -KILL $CHILD"], false),
    (["--at", "COMMIT", "--lose-reply", "--gone"], true),
  ]

  private func interrupted(_ moment: [String]) async throws -> FaultyNode {
    let bench = try await FaultyNode()
    let result = try await bench.rotate(moment)
    #expect(result.status == (moment.contains("COMMIT") ? 3 : 137), "\(result.stderr)")
    #expect(try !bench.node.node.files("octokey-journal").isEmpty)
    return bench
  }

  /// Recovers without the proxy, at `location`.
  private func recover(
    _ bench: FaultyNode, _ location: String, _ options: String...
  ) async throws -> Ending {
    try await OctokeyProgram.run(
      ["recover", "--config", bench.node.node.config, "--machine-id-file"]
        + [bench.node.node.machineID, "--store", "odbc:" + location] + options)
  }

  /// That the config holds the key of `database`, whatever else it says.
  private func expectTheKeyFits(_ bench: FaultyNode, _ location: String) async throws {
    try bench.node.point(at: location)
    let verify = try await OctokeyProgram.run(
      ["verify", "--config", bench.node.node.config, "--machine-id-file"]
        + [bench.node.node.machineID])
    #expect(verify.status == 0, "\(verify.stderr)")
    #expect(try bench.node.node.files("octokey-journal").isEmpty)
  }

  @Test(arguments: moments)
  func theSameDatabaseIsKnownAtAnotherAddress(_ moment: [String], _ isNew: Bool) async throws {
    let bench = try await interrupted(moment)
    let direct = bench.node.database.odbc
    let done = try await recover(bench, direct)
    #expect(done.status == 0, "\(done.stdout) \(done.stderr)")
    #expect(done.stdout.contains(isNew ? "is finished" : "was rolled back"), "\(done.stdout)")
    #expect(done.stdout.contains("the config names \"\(bench.location)\""), "\(done.stdout)")
    try await expectTheKeyFits(bench, direct)
  }

  /// A server that took over has other marks than the one before, as a copy has.
  @Test(arguments: moments)
  func ofWhatTookOverAPersonHasToSaySo(_ moment: [String], _ isNew: Bool) async throws {
    let bench = try await interrupted(moment)
    let other = try PostgresServer.shared.database(like: bench.node.database)
    for dry in [["--dry-run"], []] {
      let refused = try await OctokeyProgram.run(
        ["recover", "--config", bench.node.node.config, "--machine-id-file"]
          + [bench.node.node.machineID, "--store", "odbc:" + other.odbc] + dry)
      #expect(refused.status == 3 && refused.stderr.contains("--moved"), "\(refused.stderr)")
    }
    let done = try await recover(bench, other.odbc, "--moved")
    #expect(done.status == 0, "\(done.stdout) \(done.stderr)")
    #expect(done.stdout.contains(isNew ? "is finished" : "was rolled back"), "\(done.stdout)")
    try await expectTheKeyFits(bench, other.odbc)
  }

  @Test func aConfigThatNamesWhatTookOverSaysNothingOfOldValues() async throws {
    let bench = try await interrupted(MovedStoreTests.moments[0].0)
    let other = try PostgresServer.shared.database(like: bench.node.database)
    try bench.node.point(at: other.odbc)
    let refused = try await recover(bench, other.odbc)
    #expect(refused.status == 3, "\(refused.stdout)")
    #expect(
      refused.stderr.contains("any copy") && refused.stderr.contains("--moved"),
      "\(refused.stderr)")
    let done = try await recover(bench, other.odbc, "--moved")
    #expect(done.status == 0 && done.stdout.contains("was rolled back"), "\(done.stderr)")
    #expect(!done.stdout.contains("the config names"), "\(done.stdout)")
    try await expectTheKeyFits(bench, other.odbc)
  }

  /// A value that changed since the survey is what it is at the place of the store: counted, and no obstacle.
  @Test func whatAPersonCallsTheStoreMayDiffer() async throws {
    let bench = try await interrupted(MovedStoreTests.moments[1].0)
    let other = try PostgresServer.shared.database(like: bench.node.database)
    let count = try other.run(
      "SELECT count(*) FROM \"Account\" WHERE \"JSON\" LIKE '%==|%'")
    #expect(count != "0\n")
    try other.run("DELETE FROM \"Account\"")
    let done = try await recover(bench, other.odbc, "--moved")
    #expect(done.status == 2 && done.stdout.contains("values instead of"), "\(done.stderr)")
    try await expectTheKeyFits(bench, other.odbc)
  }
}
