// Every command that README.md and the man pages show, run or parsed by Tests/Documentation/examples.py, which says
// what is done with which.

import Outside
import Testing

@Suite struct ExampleTests {
  @Test func everyCommandThatIsShownWorks() async throws {
    let result = try await OctokeyProgram.runProgram(
      "python3",
      ["\(SampleNode.tests)/Documentation/examples.py", "--octokey", OctokeyProgram.path],
      limit: 500)
    let lines = result.stdout.split(separator: "\n")
    let faults = lines.drop { !$0.contains("FAULT") }.joined(separator: "\n")
    #expect(result.status == 0, "\(faults)\(result.stderr)")
    #expect(lines.last?.hasSuffix("; 0 faults") == true, "\(result.stdout)\(result.stderr)")
    // Pages of which nothing is read any more have no faults.
    for (how, least) in [("ran", 100), ("parsed", 30), ("guide", 25)] {
      #expect(lines.count { $0.contains(": \(how) ok: ") } >= least, "\(how): \(result.stdout)")
    }
    for page in ["README.md:", "octokey-verify.1:", "octokey-deployments.7:"] {
      #expect(lines.contains { $0.hasPrefix(page) }, "\(page) \(result.stdout)")
    }
  }
}
