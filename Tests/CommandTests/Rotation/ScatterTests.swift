// Values scattered over every place that can hold one, rotated, and read by Python from where it put them; Tests/Scatter
// says what there is. In parts, one after the other: each starts a hundred programs, and has a time limit.

import Outside
import Testing

@Suite(.serialized) struct ScatterTests {
  @Test(arguments: 1...6)
  func everyValueInSQLiteIsFoundAgain(_ part: Int) async throws {
    try await requireAll("sqlite", part, of: 6, least: 2000)
  }

  @Test(arguments: 1...3)
  func everyValueInAFolderIsFoundAgain(_ part: Int) async throws {
    try await requireAll("folder", part, of: 3, least: 2000)
  }

  /// octokey has no dialect for that driver.
  @Test func sqliteBehindODBCIsRefused() async throws {
    try await requireAll("sqlite-odbc", 1, of: 1, least: 0)
  }
}

@Suite(.serialized) struct PostgresScatterTests {
  @Test(arguments: 1...3)
  func everyValueIsFoundAgain(_ part: Int) async throws {
    try await requireAll("postgres", part, of: 3, least: 2000)
  }
}

/// - Parameter least: how many values there are in the part.
private func requireAll(_ kind: String, _ part: Int, of parts: Int, least: Int) async throws {
  let result = try await OctokeyProgram.runProgram(
    "python3",
    [
      "\(SampleNode.tests)/Scatter/scatter.py", "--octokey", OctokeyProgram.path, "--values",
      "2000",
      "--only", kind, "--part", "\(part)/\(parts)",
    ], limit: 400)
  let last = result.stdout.split(separator: "\n").last ?? ""
  #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
  #expect(last.hasSuffix(" values, all decrypt"), "\(result.stdout)\(result.stderr)")
  let values = Int(last.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
  #expect(values >= least, "\(last)")
}
