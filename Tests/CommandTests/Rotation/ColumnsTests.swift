// Random contents in random columns: what verify says of them, against what Python finds in a dump; Tests/Fuzz/Columns says how.
// In parts, one after the other: each has a time limit.

import Outside
import Testing

@Suite(.serialized) struct ColumnsTests {
  @Test(arguments: [0, 250, 500, 750])
  func nothingIsPassedOverInSQLite(_ first: Int) async throws {
    try await requireNoFault(["--databases", "250", "--first", "\(first)"], values: 500)
  }

  @Test(arguments: [0, 50, 100, 150])
  func nothingIsPassedOverInPostgreSQL(_ first: Int) async throws {
    try await requireNoFault(
      ["--databases", "0", "--postgres", "50", "--first", "\(first)"], values: 100)
  }

  private func requireNoFault(_ arguments: [String], values least: Int) async throws {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      ["\(SampleNode.tests)/Fuzz/Columns/columns.py", "--octokey", OctokeyProgram.path] + arguments,
      limit: 400)
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(" values, 0 faults"), "\(result.stdout)\(result.stderr)")
    // Otherwise it would be no wonder.
    let values = Int(last.split(separator: " ").dropFirst(3).first ?? "") ?? 0
    #expect(values >= least, "\(last)")
  }
}
