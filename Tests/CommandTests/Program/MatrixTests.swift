// Every command that changes something against everything that can be in its way; Tests/Matrix has the tables. In
// parts, one after the other: each has a time limit.

import Foundation
import Outside
import Testing

@Suite(.serialized) struct MatrixTests {
  /// Where mounts or chattr are not to be had this fails, and says so.
  @Test(arguments: 1...6)
  func whatIsInTheWayIsNamedBeforeAnythingChanges(_ part: Int) async throws {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Matrix/matrix.py", "--octokey", OctokeyProgram.path, "--part",
        "\(part)/6", "--jobs", "4",
      ])
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(" cells, 0 wrong"), "\(result.stdout)\(result.stderr)")
    let tried = Int(last.prefix { $0.isNumber }) ?? 0
    #expect(tried >= 140, "\(last)")
  }
}
