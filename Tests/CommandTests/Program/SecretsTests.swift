// Secrets in the memory of a rotation, read from outside, and in what is said and left while calls fail: a sample of
// what the programs in Tests/Secrets do with every command.

import Foundation
import Outside
import Testing

@Suite struct SecretsTests {
  @Test func nothingIsOutsideOfLockedMemory() async throws {
    try #require(geteuid() == 0, "to read the memory of a program that hides it takes root")
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Secrets/memory.py", "--octokey", OctokeyProgram.path, "--only",
        "rotate-master-key",
      ], limit: 400)
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    let looks = result.stdout.firstMatch(
      of: /memory: 1 commands, (\d+) looks, nothing outside locked memory\n$/)
    #expect(Int(looks?.1 ?? "") ?? 0 > 100, "\(result.stdout)\(result.stderr)")
  }

  @Test func nothingIsSaidWhileCallsFail() async throws {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        "\(SampleNode.tests)/Secrets/words.py", "--octokey", OctokeyProgram.path, "--every", "60",
      ], limit: 400)
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(
      result.stdout.contains(/words: \d{3} faults, \d+ kills, nothing said\n$/),
      "\(result.stdout)\(result.stderr)")
  }
}
