// Values scattered over every place that can hold one, rotated, and read by Python from where it put them; Tests/Scatter
// says what there is. In parts, one after the other: each has a time limit.

import Outside
import Testing

@Suite(.serialized) struct ScatterTests {
  /// The arguments, and how many values there are at least.
  @Test(arguments: [
    (["--only", "sqlite", "--part", "1/3"], 2000), (["--only", "sqlite", "--part", "2/3"], 2000),
    (["--only", "sqlite", "--part", "3/3"], 2000),
    (["--only", "postgres", "--part", "1/3"], 2000),
    (["--only", "postgres", "--part", "2/3"], 2000),
    (["--only", "postgres", "--part", "3/3"], 2000),
    (["--only", "folder"], 2000), (["--only", "sqlite-odbc"], 0),
  ])
  func everyValueIsFoundAgain(_ arguments: [String], _ least: Int) async throws {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Scatter/scatter.py", "--octokey", OctokeyProgram.path,
        "--values", "2000",
      ] + arguments)
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(" values, all decrypt"), "\(result.stdout)\(result.stderr)")
    let values = Int(last.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    #expect(values >= least, "\(last)")
  }
}
