// The program as a whole: streams, exit codes, help, what others see of the process, and questions
// on a real terminal.

import Foundation
import Testing

@testable import octokey

@Suite struct ProcessTests {
  static let commands = Octokey.configuration.subcommands.compactMap {
    $0.configuration.commandName
  }

  // MARK: Help and usage

  @Test(arguments: [["--help"], ["/help"], ["-h"], ["help"]])
  func helpGoesToStdout(_ arguments: [String]) async throws {
    let result = try await OctokeyProgram.run(arguments)
    #expect(result.status == 0)
    #expect(result.stderr.isEmpty)
    for command in ProcessTests.commands { #expect(result.stdout.contains(command)) }
  }

  @Test(arguments: commands)
  func helpShowsOneSpellingAndTheExitCodes(_ command: String) async throws {
    let result = try await OctokeyProgram.run([command, "--HELP"])
    #expect(result.status == 0)
    #expect(result.stderr.isEmpty)
    // A command with subcommands leaves exit codes to them.
    #expect(
      result.stdout.contains("EXIT STATUS:\n  0   ") || ["config", "backup"].contains(command))
    let capitals = result.stdout.matches(of: /-[a-z]+[A-Z]\w*/)
    #expect(capitals.isEmpty, "\(capitals.map(\.output))")
  }

  @Test func theVersionNamesTheLibraries() async throws {
    let result = try await OctokeyProgram.run(["--version"])
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.count == 2 && result.status == 0, "\(result.stdout)")
    #expect(
      lines.first?.wholeMatch(of: /octokey \d+\.\d+\.\d+( \(commit [0-9a-f]+(-modified)?\))?/)
        != nil)
    let openssl = try await OctokeyProgram.runProgram("openssl", ["version"]).stdout
    let sqlite = try await OctokeyProgram.runProgram("sqlite3", ["--version"]).stdout
    #expect(
      lines.last?.contains(openssl.split(separator: " ").prefix(2).joined(separator: " ")) == true)
    #expect(lines.last?.contains("SQLite " + (sqlite.split(separator: " ").first ?? "-")) == true)
  }

  @Test func withoutACommandTheCommandsAreListed() async throws {
    let result = try await OctokeyProgram.run([])
    #expect(result.status == 64 && result.stdout.isEmpty)
    #expect(result.stderr.contains("\noctokey: a command is missing\n"), "\(result.stderr)")
    for name in ["rotate-master-key", "recover", "list-instances"] {
      #expect(result.stderr.contains("\n  \(name) "), "\(result.stderr)")
    }
  }

  @Test(arguments: [
    (["verfy"], "unknown command \"verfy\""),
    (["verify", "--stroe", "x"], "unknown option '--stroe'"),
    (["verify", "--format=xml"], "the value 'xml' is invalid for '--format <format>'"),
    (["verify", "--config"], "missing value for '--config <file>'"),
    (["new-master-key"], "missing expected argument '<file>'"),
    (["new-master-key", "--key-size", "192", "x"], "the value '192' is invalid"),
    (
      ["verify", "--key-file", "a", "--masterKey=b"],
      "--key-file and --master-key are mutually exclusive"
    ),
    (["verify", "--instance=a", "--config=b"], "--instance and --config are mutually exclusive"),
    (["rotate-master-key", "--binary-column", "Blob"], "the value 'Blob' is invalid"),
    (
      ["rotate-master-key", "--binary-column=A.B=plain", "--binary-column=A.B=ciphertext"],
      "--binary-column has two values for \"A.B\""
    ),
    (["rotate-master-key", "--iHaveBackedUpMyDatabase=no"], "unknown option"),
    (["rotate-master-key", "--new-key-file=-", "--old-key-file=-"], "standard input cannot"),
    (
      ["rotate-master-key", "--masterKey=b", "--key-size=128"], "--key-size is for a generated key"
    ),
  ])
  func wrongUsage(_ arguments: [String], _ message: String) async throws {
    let result = try await OctokeyProgram.run(arguments)
    #expect(result.status == 64)
    #expect(result.stdout.isEmpty)
    let lines = result.stderr.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix("octokey: \(message)") == true, "\(result.stderr)")
    #expect(lines.last?.hasPrefix("octokey: hint: ") == true, "\(result.stderr)")
    #expect(!lines.contains { $0.hasSuffix(".") })
  }

  @Test func aKeyInTheWrongPlaceIsNotRepeated() async throws {
    let keys = ["MDEyMzQ1Njc4OTAxMjM0NQ==", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    for key in keys {
      let result = try await OctokeyProgram.run(["set-master-key", key])
      #expect(result.status == 64)
      #expect(!result.stderr.contains(key.prefix(8)))
    }
  }

  @Test func controlCharactersOfArgumentsAreHarmless() async throws {
    let result = try await OctokeyProgram.run(["verify", "\u{1b}[2J\u{1b}]0;x\u{7}"])
    #expect(result.status == 64)
    #expect(!result.stderr.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    #expect(result.stderr.contains("\\u{1b}[2J"))
  }

  @Test func nobodyIsAskedWhereNobodyCanAnswer() async throws {
    let silent = try await OctokeyProgram.run(["rotate-master-key", "--noninteractive"])
    #expect(silent.status == 64)
    #expect(
      silent.stderr.contains(
        "--i-have-backed-up-my-database and --i-really-want-to-rotate-my-master-key"))
    let detached = try await OctokeyProgram.run(["rotate-master-key"], input: "y\ny\n")
    #expect(detached.status == 64)
    #expect(detached.stderr.contains("cannot prompt: no terminal"))
  }

  @Test func quietSilencesNotesAndNotFailures() async throws {
    let arguments = ["rotate-master-key", "--noninteractive", "--upgradeDatabase"]
    let loud = try await OctokeyProgram.run(arguments)
    #expect(loud.stderr.contains("--upgradeDatabase has no effect"))
    let quiet = try await OctokeyProgram.run(arguments + ["--quiet"])
    #expect(!quiet.stderr.contains("--upgradeDatabase"))
    #expect(quiet.stderr.contains("confirmation needed, but --non-interactive was given"))
  }

  // MARK: Streams

  @Test(arguments: [
    ("\"$OCTOKEY\" --help >&-; echo $?", "1"), ("\"$OCTOKEY\" --help >/dev/full; echo $?", "1"),
    ("\"$OCTOKEY\" --version >&- 2>&-; echo $?", "1"),
    ("\"$OCTOKEY\" verfy 2>&-; echo $?", "64"),
    ("\"$OCTOKEY\" verfy <&- >&- 2>&-; echo $?", "64"),
    ("\"$OCTOKEY\" verfy 2>/dev/full; echo $?", "64"),
  ])
  func aClosedStreamDoesNoHarm(_ script: String, _ expected: String) async throws {
    let result = try await OctokeyProgram.runProgram("bash", ["-c", script])
    #expect(result.stdout == expected + "\n")
  }

  /// As for other programs: SIGPIPE, or an error where the caller ignores that.
  @Test func aReaderThatHasGoneEndsIt() async throws {
    let script = """
      import os, subprocess
      reader, writer = os.pipe()
      os.close(reader)
      for restore in (True, False):  # Python itself ignores SIGPIPE
        done = subprocess.run([os.environ["OCTOKEY"], "--help"], stdout=writer,
          stderr=subprocess.PIPE, text=True, restore_signals=restore)
        print(done.returncode, done.stderr)
      """
    let result = try await OctokeyProgram.runProgram("python3", ["-c", script])
    #expect(
      result.stdout
        == "-13 \n1 octokey: cannot write to standard output: broken pipe\n\n", "\(result.stderr)")
  }

  // MARK: The process

  @Test func noCoreDumps() async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["rotate-master-key"] + NODE)
      session.wait_for("[y/N]")
      limits = open(f"/proc/{session.pid}/limits").read()
      print([line.split()[4:6] for line in limits.splitlines() if "core file" in line])
      session.type("n\\n")
      print(session.end())
      """)
    #expect(result.stdout == "[['0', '0']]\nexit 1\n", "\(result.stderr)")
  }

  @Test func noneOfTheHeavyLibrariesIsLinked() async throws {
    let result = try await OctokeyProgram.runProgram("ldd", [OctokeyProgram.path])
    #expect(result.status == 0)
    #expect(result.stdout.contains("libcrypto"))
    #expect(!result.stdout.contains("libFoundation.so"))
    #expect(!result.stdout.contains("_FoundationICU"))
  }
}
