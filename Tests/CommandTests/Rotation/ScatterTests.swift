// Values scattered over every place that can hold one, rotated, and read by Python from where it put them; Tests/Scatter
// says what there is. In parts, one after the other: each has a time limit.

import Outside
import Testing

@Suite(.serialized) struct ScatterTests {
  /// The kind of store, the part, of how many parts, and how many values there are in it at least.
  @Test(arguments: [
    ("sqlite", 1, 6, 2000), ("sqlite", 2, 6, 2000), ("sqlite", 3, 6, 2000),
    ("sqlite", 4, 6, 2000), ("sqlite", 5, 6, 2000), ("sqlite", 6, 6, 2000),
    ("postgres", 1, 3, 2000), ("postgres", 2, 3, 2000), ("postgres", 3, 3, 2000),
    ("folder", 1, 3, 2000), ("folder", 2, 3, 2000), ("folder", 3, 3, 2000),
    // octokey has no dialect for that driver.
    ("sqlite-odbc", 1, 1, 0),
  ])
  func everyValueIsFoundAgain(_ kind: String, _ part: Int, of parts: Int, _ least: Int) async throws
  {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Scatter/scatter.py", "--octokey", OctokeyProgram.path, "--values",
        "2000",
        "--only", kind, "--part", "\(part)/\(parts)",
      ])
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(" values, all decrypt"), "\(result.stdout)\(result.stderr)")
    let values = Int(last.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    #expect(values >= least, "\(last)")
  }
}
