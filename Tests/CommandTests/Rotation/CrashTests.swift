// The crash tests in a shorter form; Tests/Crash/run.sh runs all of them in full.

import Foundation
import Outside
import Testing

@Suite struct CrashTests {
  @Test(arguments: [
    ["kill.py", "--every", "6"], ["kill.py", "--twice", "--every", "61"],
    ["kill.py", "--every", "9", "--wal"], ["kill.py", "--every", "9", "--state-dir"],
    ["config.py", "--every", "5"], ["restore.py", "--every", "5"], ["errors.py", "--every", "23"],
    ["power.py", "--every", "9", "--variants", "1"],
    ["power.py", "--every", "9", "--variants", "1", "--wal"],
  ])
  func nothingIsLost(_ test: [String]) async throws {
    let folder = "\(repositoryPath)/Tests/Crash"
    let result = try await OctokeyProgram.runProgram(
      "python3", ["\(folder)/\(test[0])", "--octokey", OctokeyProgram.path] + test.dropFirst())
    let last = result.stdout.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(last.hasSuffix(", 0 losses, 0 stuck"), "\(result.stdout)\(result.stderr)")
    let tried = Int(last.prefix { $0.isNumber }) ?? 0
    #expect(tried >= 15, "\(last)")
  }
}
