// Compares the man pages with the program: what its help shows is on its page, and nothing else.

import Foundation
import Outside
import Testing

@Suite struct ManPageTests {
  /// Every command has `--help` and `--version`; octokey(1) describes them.
  fileprivate static let everywhere: Set<String> = ["help", "version"]

  @Test func everyCommandHasAPageAndAPlaceOnTheFirstOne() async throws {
    let commands = Set(try await HelpDump.read().commands.map(\.commandName))
    #expect(!commands.isEmpty)
    let first = try ManPage("octokey.1")
    #expect(Set(first.matches(#/^\.It Cm ([a-z-]+)/#)) == commands)
    let pages = try ManPage.names.filter { $0.hasPrefix("octokey-") && $0.hasSuffix(".1") }
    #expect(Set(pages) == Set(commands.map { "octokey-\($0).1" }))
  }

  @Test func everyOptionIsExplainedAndNoneThatIsGone() async throws {
    for command in try await HelpDump.read().commands {
      let page = try ManPage("octokey-\(command.commandName).1")
      let options = command.longOptions.subtracting(ManPageTests.everywhere)
      #expect(page.explainedOptions == options, "\(page.name)")
      #expect(page.options(in: "SYNOPSIS") == options, "the SYNOPSIS of \(page.name)")
      #expect(page.shortOptions == command.shortOptions, "\(page.name)")
      for argument in command.positionals {
        #expect(
          page.section("SYNOPSIS").contains("Ar \(argument)"), "\(argument) in \(page.name)")
      }
      // A command and its subcommands share one page.
      for subcommand in command.subcommands ?? [] where subcommand.commandName != "help" {
        let name = subcommand.commandName
        #expect(page.section("SYNOPSIS").contains(".Cm \(command.commandName) \(name)"))
        #expect(page.section("DESCRIPTION").contains(".It Cm \(name)\n"), "\(name)")
      }
    }
  }

  @Test func valuesAndDefaultsAreNamed() async throws {
    for command in try await HelpDump.read().commands {
      let page = try ManPage("octokey-\(command.commandName).1")
      for argument in command.family.flatMap(\.displayed) {
        guard let name = argument.longName else { continue }
        for word in (argument.allValues ?? []) + [argument.defaultValue].compactMap(\.self) {
          #expect(page.item(of: name).contains(word), "\(word) for --\(name) in \(page.name)")
        }
      }
    }
  }

  @Test func noPageMentionsAnOptionThatNoCommandHas() async throws {
    let dump = try await HelpDump.read()
    let known = dump.commands.reduce(dump.command.ownOptions) { $0.union($1.longOptions) }
    for name in try ManPage.names {
      let page = try ManPage(name)
      #expect(page.mentionedOptions.subtracting(known) == [], "\(name)")
    }
    let first = try ManPage("octokey.1").explainedOptions
    #expect(dump.command.ownOptions.subtracting(first) == [])
  }

  @Test func examplesUseWhatTheirCommandsHave() async throws {
    let commands = try await HelpDump.read().commands
    for name in try ManPage.names where name.hasSuffix(".1") {
      let script = try ManPage(name).examples.replacing("\\\n", with: " ")
      let calls = script.matches(of: #/octokey ([a-z-]+)([^|>&\n]*)/#)
      #expect(!calls.isEmpty, "\(name) has no example")
      for call in calls {
        let command = try #require(
          commands.first { $0.commandName == call.1 }, "\(call.1) in \(name)")
        let options = Set(call.2.matches(of: #/ --([a-z-]+)/#).map { String($0.1) })
        let word = call.2.split(separator: " ").first ?? ""
        let meant = command.family.first { $0.commandName == word } ?? command
        #expect(options.subtracting(meant.longOptions) == [], "\(call.0) in \(name)")
      }
      #expect(
        try await Program.run("sh", ["-n", "-c", script]) == Program.Ending(status: 0, text: ""))
    }
  }

  @Test(arguments: try ManPage.names.filter { $0.hasSuffix(".1") })
  func examplesWorkOnACopyOfANode(name: String) async throws {
    let folder = NSTemporaryDirectory() + "octokey-man-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let node = try await Program.run(
      "python3",
      [SampleNode.maker, "--documents", "30", folder])
    #expect(node.status == 0, "\(node.text)")
    // Fake programs, with a service that consists of its state only.
    let service = """
      mkdir bin; echo active >bin/state
      cat >bin/systemctl <<'END'
      #!/bin/sh
      cd "$(dirname "$0")"
      case $1-$2 in
      show-*) echo LoadState=loaded; echo "ActiveState=$(cat state)" ;;
      stop-*) echo inactive >state ;;
      start-*) echo active >state ;;
      container-inspect) echo running ;;
      esac
      END
      cp bin/systemctl bin/docker; chmod +x bin/*; PATH=$PWD/bin:$PATH

      """
    let script = try "cd \(folder)\n" + service + ManPage(name).examples
    let ending = try await Program.run("setsid", ["-w", "sh", "-eu", "-c", script])
    #expect(ending.status == 0, "the examples of \(name): \(ending.text)")
  }

  @Test func pagesAreWellFormedAndShort() async throws {
    let paths = try ManPage.names.map(ManPage.path)
    #expect(paths.count > 1)
    let lint = try await Program.run("mandoc", ["-T", "lint", "-W", "warning"] + paths)
    #expect(lint == Program.Ending(status: 0, text: ""))
    for name in try ManPage.names {
      #expect(try ManPage(name).lines.count < 400, "\(name)")
    }
  }

  @Test(arguments: ["mandoc -T utf8", "man -l"])
  func pagesAreShownWithTheirSections(program: String) async throws {
    let words = program.split(separator: " ").map(String.init)
    for name in try ManPage.names {
      let ending = try await Program.run(
        words[0], words.dropFirst() + [ManPage.path(of: name)])
      #expect(ending.status == 0, "\(name)")
      let text = ending.text.replacing(#/.\x08/#, with: "")  // bold is a letter struck twice
      let title = String(name.prefix { $0 != "." })
      let sections = name.hasSuffix(".1") ? ["SYNOPSIS", "EXIT STATUS", "EXAMPLES"] : []
      for section in ["NAME", "DESCRIPTION", "SEE ALSO"] + sections {
        #expect(text.contains("\n\(section)\n"), "\(section) of \(name)")
      }
      #expect(text.contains(title), "\(name)")
    }
  }
}

/// The program's description of itself (`--experimental-dump-help`).
private struct HelpDump: Decodable {
  struct Command: Decodable {
    let commandName: String
    let shouldDisplay: Bool?
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// The command itself and its subcommands.
    var family: [Command] {
      [self] + (subcommands ?? []).filter { $0.commandName != "help" }
    }
    var displayed: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
    var ownOptions: Set<String> { Set(displayed.compactMap(\.longName)) }
    /// Including those of its subcommands.
    var longOptions: Set<String> { Set(family.flatMap(\.displayed).compactMap(\.longName)) }
    /// Short and long names of the same option, such as `q quiet`.
    var shortOptions: Set<String> {
      Set(
        family.flatMap(\.displayed).compactMap { argument in
          guard let long = argument.longName, !ManPageTests.everywhere.contains(long) else {
            return nil
          }
          return argument.names?.first { $0.kind == "short" }.map { "\($0.name) \(long)" }
        })
    }
    var positionals: [String] {
      family.flatMap(\.displayed).filter { $0.kind == "positional" }.compactMap(\.valueName)
    }
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let shouldDisplay: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let allValues: [String]?

    var longName: String? { names?.first { $0.kind == "long" }?.name }
  }

  let command: Command

  /// The commands that help shows, without the argument parser's own.
  var commands: [Command] {
    (command.subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
  }

  static func read() async throws -> HelpDump {
    let dump = try await Program.run("octokey", ["--experimental-dump-help"])
    return try JSONDecoder().decode(HelpDump.self, from: Data(dump.text.utf8))
  }
}

/// A page as mdoc source.
private struct ManPage {
  let name: String
  let lines: [String]

  static let folder = repositoryPath + "/man"

  static var names: [String] {
    get throws {
      try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains("/") }
        .map { String($0.split(separator: "/")[1]) }.sorted()
    }
  }

  static func path(of name: String) -> String {
    "\(folder)/man\(name.suffix(1))/\(name)"
  }

  init(_ name: String) throws {
    self.name = name
    let source = try String(contentsOfFile: ManPage.path(of: name), encoding: .utf8)
    lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The lines from `.Sh title` to the next section.
  func section(_ title: String) -> String {
    lines.drop { $0 != ".Sh \(title)" }.dropFirst().prefix { !$0.hasPrefix(".Sh ") }
      .joined(separator: "\n") + "\n"
  }

  /// Options that begin an item of a list.
  var explainedOptions: Set<String> { Set(matches(#/^\.It (?:Fl [a-z] , )?Fl Fl ([a-z-]+)/#)) }

  var shortOptions: Set<String> {
    Set(
      lines.compactMap { $0.firstMatch(of: #/^\.It Fl ([a-z]) , Fl Fl ([a-z-]+)/#) }
        .map { "\($0.1) \($0.2)" })
  }

  /// Options anywhere.
  var mentionedOptions: Set<String> { Set(matches(#/Fl Fl ([a-z-]+)/#)) }

  func options(in section: String) -> Set<String> {
    Set(self.section(section).matches(of: #/Fl Fl ([a-z-]+)/#).map { String($0.1) })
  }

  func matches(_ pattern: Regex<(Substring, Substring)>) -> [String] {
    lines.flatMap { line in line.matches(of: pattern).map { String($0.1) } }
  }

  /// The item of the list that explains `option`, up to the next one.
  func item(of option: String) -> String {
    let item = lines.drop {
      !($0.replacing(#/^\.It Fl [a-z] , /#, with: ".It ") + " ").hasPrefix(".It Fl Fl \(option) ")
    }
    let rest = item.dropFirst().prefix { !$0.hasPrefix(".It ") && !$0.hasPrefix(".El") }
    return (item.prefix(1) + rest).joined(separator: "\n")
  }

  /// The literal blocks of EXAMPLES, as one script.
  var examples: String {
    var script = ""
    var isLiteral = false
    for line in section("EXAMPLES").split(separator: "\n") {
      if line.hasPrefix(".Bd -literal") || line == ".Ed" {
        isLiteral = line != ".Ed"
      } else if isLiteral {
        script += line.replacing("\\e", with: "\\") + "\n"
      }
    }
    return script
  }
}

/// Programs that are run to their end, with the built octokey first on their search path.
private enum Program {
  struct Ending: Equatable {
    let status: Int32
    /// The output on stdout and stderr.
    let text: String
  }

  static func run(_ program: String, _ arguments: [String]) async throws -> Ending {
    let ending = try await OctokeyProgram.runProgram(
      program, arguments,
      environment: ["MANPAGER": "cat", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"])
    return Ending(status: ending.status, text: ending.stdout + ending.stderr)
  }
}
