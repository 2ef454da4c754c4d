// Every command run by root in a stranger's folder, with traps in it and while its owner swaps names:
// nothing outside of it may change. Tests/Stranger says what there is; this is a sample of it, in parts,
// each with a time limit.

import Foundation
import Outside
import Testing

@Suite struct StrangerTests {
  @Test func nothingOutsideChanges() async throws {
    try #require(geteuid() == 0, "files of other users take root to make")
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Stranger/stranger.py", "--octokey", OctokeyProgram.path, "--runs",
        "60", "--planted", "150", "--seed", "1", "--jobs", "1",
      ], limit: 400)
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(" swaps, nothing outside changed"), "\(result.stdout)\(result.stderr)")
    // Planted runs, racing runs, swaps: an attacker who did nothing shows nothing.
    let counts = last.split { !$0.isNumber }.compactMap { Int($0) }
    #expect(counts.count == 3 && counts[0] > 100 && counts[1] == 60 && counts[2] > 60, "\(last)")
  }
}
