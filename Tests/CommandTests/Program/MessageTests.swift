// Every message for an error, provoked through the program: its text, its hint and its exit code. Tests/Messages has the
// table, and says of each row that it does not provoke why; a case without a row is a fault.

import Foundation
import Outside
import Testing

@Suite struct MessageTests {
  @Test func everyMessageIsAsTheTableSays() async throws {
    try #require(geteuid() == 0, "mounts and other users take root")
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Messages/messages.py", "--octokey", OctokeyProgram.path, "--jobs", "2",
      ],
      limit: 600)
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    let last = result.stdout.split(separator: "\n").last ?? ""
    let counts = last.split { !$0.isNumber }.compactMap { Int($0) }
    // Provoked, all rows, with a reason, faults.
    try #require(counts.count == 4, "\(result.stdout)\(result.stderr)")
    #expect(counts[0] > 300 && counts[0] * 10 > counts[1] * 9 && counts[3] == 0, "\(last)")
  }
}
