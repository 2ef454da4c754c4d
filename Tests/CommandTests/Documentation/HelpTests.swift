// The help of every command: one order, examples that parse, and a man page that exists.

import ArgumentParser
import Foundation
import Outside
import Testing

@testable import octokey

@Suite struct HelpTests {
  /// Every command, and every subcommand.
  static let commands: [[String]] = Octokey.configuration.subcommands.flatMap { command in
    let name = command.configuration.commandName ?? ""
    return [[name]]
      + command.configuration.subcommands.map { [name, $0.configuration.commandName ?? ""] }
  }

  @Test(arguments: [[]] + commands)
  func everyHelpHasOneOrder(_ command: [String]) async throws {
    let help = try await OctokeyProgram.run(command + ["--help"]).stdout
    let titles = help.matches(of: /(?m)^([A-Z][A-Z ]+):/).map { String($0.1) }
    #expect(help.hasPrefix("USAGE: octokey"), "\(help)")
    let own = titles.filter { ["ARGUMENTS", "OPTIONS", "SUBCOMMANDS"].contains($0) }
    let shared = titles.filter { $0.hasSuffix(" OPTIONS") }
    let hasCodes = !["config", "backup"].contains(command.last)
    #expect(
      titles == ["USAGE"] + own + shared + ["EXAMPLES"] + (hasCodes ? ["EXIT STATUS"] : []))
    #expect(own.contains("OPTIONS"))
    let page = (["octokey"] + command.prefix(1)).joined(separator: "-")
    #expect(help.hasSuffix("\n\nSee \(page)(1).\n"), "\(help)")
    #expect(FileManager.default.fileExists(atPath: "\(repositoryPath)/man/man1/\(page).1"))
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(help)")
  }

  @Test(arguments: commands)
  func examplesAreOfTheCommandAndParse(_ command: [String]) async throws {
    let help = try await OctokeyProgram.run(command + ["--help"]).stdout
    let section = try #require(help.firstMatch(of: /\nEXAMPLES:\n((?:  .*\n)+)/))
    let lines = section.1.split(separator: "\n")
    #expect((1...2).contains(lines.count))
    for line in lines {
      let words = line.split(separator: " ").drop { $0 != "octokey" }.dropFirst()
        .prefix { !["|", ">", "<"].contains($0) }.map(String.init)
      #expect(Array(words.prefix(command.count)) == command, "\(line)")
      #expect(throws: Never.self, "\(line)") {
        _ = try Octokey.parseAsRoot(VendorSpelling(words).arguments)
      }
    }
  }

  /// A short option is the same as a long one, alone and together with others.
  @Test func shortOptions() throws {
    let long = [
      "rotate-master-key", "--config", "a", "--store", "sqlite:b", "--format", "json", "--quiet",
      "--yes", "--dry-run",
    ]
    let short = ["rotate-master-key", "-c", "a", "-s", "sqlite:b", "-f", "JSON", "-q", "-y", "-n"]
    let joined = ["-c", "a", "rotate-master-key", "-qys", "sqlite:b", "-nf", "json"]
    for arguments in [long, short, joined] {
      let command = try #require(
        try Octokey.parseAsRoot(VendorSpelling(arguments).arguments) as? RotateMasterKey)
      #expect(command.node.config == "a" && command.stores.store == "sqlite:b")
      #expect(command.output.format == .json && command.output.quiet && !command.output.verbose)
      #expect(command.yes && command.dryRun)
    }
    let verify = try #require(
      try Octokey.parseAsRoot(["verify", "-i", "A", "-k", "-", "-v"]) as? Verify)
    #expect(verify.node.instance == "A" && verify.key.keyFile == "-" && verify.output.verbose)
  }

  @Test(arguments: [
    ("--store octopus.db", "did you mean sqlite:octopus.db?"),
    ("--store /tmp", "did you mean directory:/tmp?"),
    ("--store sqllite:octopus.db", "did you mean sqlite:…?"),
    ("--store nonsense", "a location is sqlite:PATH"),
    ("--format jsno", "did you mean json?"), ("-f xml", "one of text, json"),
    ("--key-size 192", "one of 128, 256"),
    ("--deployment kubernets", "did you mean kubernetes?"), ("--stor x", "did you mean '--store'?"),
  ])
  func whatWasMeant(_ options: String, _ hint: String) async throws {
    let words = options.split(separator: " ").map(String.init)
    let ending = try await OctokeyProgram.run(["rotate-master-key"] + words)
    let lines = ending.stderr.split(separator: "\n")
    #expect(ending.status == 64 && lines.count == 2, "\(ending.stderr)")
    #expect(lines.last?.hasPrefix("octokey: hint: \(hint)") == true, "\(ending.stderr)")
  }

  /// A store in the environment is not the parser's.
  @Test func aStoreInTheEnvironment() async throws {
    let ending = try await OctokeyProgram.run(
      ["verify", "--key-file", "/dev/null"], environment: ["OCTOKEY_STORE": "octopus.db"])
    #expect(ending.stderr.contains("hint: did you mean sqlite:octopus.db?"), "\(ending.stderr)")
  }
}
