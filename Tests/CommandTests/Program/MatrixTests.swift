// Every command that changes something against everything that can be in its way; Tests/Matrix has the tables.

import Foundation
import Outside
import Testing

@Suite struct MatrixTests {
  /// Where mounts or chattr are not to be had this fails, and says so.
  @Test func whatIsInTheWayIsNamedBeforeAnythingChanges() async throws {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      ["\(SampleNode.tests)/Matrix/matrix.py", "--octokey", OctokeyProgram.path])
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(" cells, 0 wrong"), "\(result.stdout)\(result.stderr)")
    let tried = Int(last.prefix { $0.isNumber }) ?? 0
    #expect(tried >= 800, "\(last)")
  }
}
