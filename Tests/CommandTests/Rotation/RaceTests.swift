// Two nodes at once on one store, a few rounds of each pair; Tests/Race/race.py plays hundreds of them, and says what is
// right in the end.

import Outside
import Testing

@Suite struct RaceTests {
  @Test(arguments: ["sqlite", "postgres", "folder"])
  func oneOfTwoWinsAndNothingIsLost(_ store: String) async throws {
    let rounds = 3
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Race/race.py", "--octokey", OctokeyProgram.path, "--store", store,
        "--rounds", "\(rounds)",
      ], limit: 300)
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    let lines = result.stdout.split(separator: "\n").filter { $0.contains(" \(store): ") }
    #expect(lines.count == 4, "\(result.stdout)\(result.stderr)")
    var met = 0
    for line in lines {
      #expect(line.contains(": \(rounds) rounds, ") && line.contains("; 0 faults "), "\(line)")
      met += Int(try #require(line.firstMatch(of: /, (\d+) met;/), "\(line)").1) ?? 0
    }
    // A race in which the two never meet shows nothing.
    #expect(met > 0, "\(result.stdout)")
  }
}
