// The vendor's spellings: what is rewritten, and what must stay unchanged.

import Foundation
import Testing

@testable import octokey

@Suite struct VendorSpellingTests {
  @Test(arguments: [
    // Every form of a value.
    (["--masterKey=X"], ["--master-key=X"]),
    (["--masterKey:X"], ["--master-key=X"]),
    (["--masterKey", "X"], ["--master-key", "X"]),
    (["-masterKey=X"], ["--master-key=X"]),
    (["-masterKey", "X"], ["--master-key", "X"]),
    (["/masterKey:X"], ["--master-key=X"]),
    (["/MASTERKEY=X"], ["--master-key=X"]),
    (["--MASTERKEY=X=="], ["--master-key=X=="]),
    (["--masterKey=a:b"], ["--master-key=a:b"]),
    (["--masterKey:a=b"], ["--master-key=a=b"]),
    // Flags.
    (["--iReallyWantToRotateMyMasterKey"], ["--i-really-want-to-rotate-my-master-key"]),
    (["/ireallywanttorotatemymasterkey"], ["--i-really-want-to-rotate-my-master-key"]),
    (["-IHaveBackedUpMyDatabase"], ["--i-have-backed-up-my-database"]),
    (["--noninteractive"], ["--non-interactive"]),
    (["/help"], ["--help"]),
    // The same name in another case.
    (["--Instance:Second", "--CONFIG=/x"], ["--instance=Second", "--config=/x"]),
    (["/format:JSON"], ["--format=JSON"]),
    // Accepted without effect.
    (["--console", "-nologo", "/skipLicenseCheck", "--upgradeDatabase"], []),
    // Values are not options.
    (["--masterKey", "/nologo"], ["--master-key", "/nologo"]),
    (["--key-file", "/config:x"], ["--key-file", "/config:x"]),
    (["--store", "--console"], ["--store", "--console"]),
    (["--instance", "-nologo"], ["--instance", "-nologo"]),
    (["--key-file", "-"], ["--key-file", "-"]), (["-k", "-"], ["-k", "-"]),
    (["-s", "/nologo", "/nologo"], ["-s", "/nologo"]), (["-qys", "/nologo"], ["-qys", "/nologo"]),
    (["-qy", "/nologo"], ["-qy"]), (["-i=/nologo", "/nologo"], ["-i=/nologo"]),
    (["-c", "/c", "config", "get", "K"], ["config", "get", "-c", "/c", "K"]),
    (["-c", "verify", "status"], ["status", "-c", "verify"]),
    (
      ["-Config", "/c", "-INSTANCE=A", "-Format:x"],
      ["--config", "/c", "--instance=A", "--format=x"]
    ),
    // Paths are not options.
    (["new-master-key", "/config"], ["new-master-key", "/config"]),
    (["new-master-key", "/config/key"], ["new-master-key", "/config/key"]),
    (["new-master-key", "/instances=1/key"], ["new-master-key", "/instances=1/key"]),
    (["new-master-key", "/console.key"], ["new-master-key", "/console.key"]),
    // The value of an option behind a slash is the next argument, for the vendor's commands.
    (
      ["set-master-key", "/instance", "X", "/masterKey", "Y"],
      ["set-master-key", "--instance", "X", "--master-key", "Y"]
    ),
    (["verify", "/instance", "X"], ["verify", "/instance", "X"]),
    (["status", "/config=/x"], ["status", "/config=/x"]),
    // Commands in any case, with anything before them, and after options.
    (["Show-Master-Key"], ["show-master-key"]), (["--show-master-key"], ["show-master-key"]),
    (["/show-master-key"], ["show-master-key"]), (["-Show-Master-KEY"], ["show-master-key"]),
    (["VERIFY", "--quiet"], ["verify", "--quiet"]), (["--verify"], ["--verify"]),
    (["--config", "verify"], ["--config", "verify"]),
    (["--console", "list-instances", "--format=JSON"], ["list-instances", "--format=JSON"]),
    (
      ["--instance", "status", "-nologo", "service", "--stop"],
      ["service", "--instance", "status", "--stop"]
    ),
    (["--instance=X", "show-master-key"], ["show-master-key", "--instance=X"]),
    (["--config", "/c", "config", "get", "K"], ["config", "get", "--config", "/c", "K"]),
    (["--quiet", "Backup", "Verify", "/b"], ["backup", "verify", "--quiet", "/b"]),
    (["--", "status"], ["--", "status"]), (["/x", "status"], ["/x", "status"]),
    (["-?"], ["--help"]), (["/?"], ["--help"]), (["service", "-?"], ["service", "--help"]),
    (["help", "Status"], ["help", "Status"]), (["--version"], ["--version"]),
    (["--noconsolelogging", "--monitorMutex=x", "status"], ["status"]),
    (
      ["/config:C", "/nologo", "/show-master-key"],
      ["show-master-key", "--config=C"]
    ),
    (["show-master-key", "/monitorMutex", "x", "/noConsoleLogging"], ["show-master-key"]),
    (["config", "set", "K", "/nologo"], ["config", "set", "K", "/nologo"]),
    // Nothing after -- is rewritten.
    (["--", "--masterKey=X", "/nologo"], ["--", "--masterKey=X", "/nologo"]),
    (["--masterKey", "--", "/nologo"], ["--master-key", "--", "/nologo"]),
    // A flag with a value confirms nothing.
    (["--iHaveBackedUpMyDatabase=false"], ["--iHaveBackedUpMyDatabase=false"]),
    // octokey's own.
    (["--i-have-backed-up-my-database"], ["--i-have-backed-up-my-database"]),
    (["--master-key=X", "--quiet"], ["--master-key=X", "--quiet"]),
    (["-h", "--version"], ["-h", "--version"]),
  ])
  func rewriting(_ original: [String], _ expected: [String]) {
    #expect(VendorSpelling(original).arguments == expected)
  }

  /// Every line of the vendor's that has another meaning here gets one line that says what to use.
  @Test(arguments: [
    ("show-configuration --format=JSON", "octokey config list --format json"),
    ("Show-Configuration", "octokey config list --format json"),
    ("database --masterKey KEY", "octokey set-master-key sets the key of this node"),
    ("--database --masterKey=KEY", "octokey set-master-key sets the key of this node"),
    ("configure --masterkey KEY", "octokey config set KEY VALUE"),
    ("lost-master-key --iHaveBackedUpMyDatabase", "octokey never discards values"),
    ("export-certificate --export-pfx=x", "octokey backup create saves the certificate"),
    ("watchdog --delete", "hint: Octopus.Server watchdog"),
    ("version", "octokey --version"),
    ("service --instance OctopusServer --stop --start", "use --restart"),
    (
      "service --instance=OctopusServer --install --reconfigure --start",
      "Octopus.Server service --install, then octokey service --start"
    ),
    ("service /uninstall", "does not install or change them"),
    ("rotate-masterkey", "did you mean octokey rotate-master-key?"),
    ("config lst", "did you mean octokey config list"),
    ("nonsense", "the commands are rotate-master-key, "),
  ])
  func whatOctokeyHasNotSaysWhatToUse(_ line: String, _ words: String) async throws {
    let said = try await OctokeyProgram.run(line.split(separator: " ").map(String.init))
    #expect(said.status == 64, "\(said.stderr)")
    // A failure is JSON, too, for who has asked for that.
    #expect(said.stdout.isEmpty != line.contains("format"), "\(said.stdout)")
    #expect(said.stderr.contains(words), "\(said.stderr)")
    #expect(said.stderr.split(separator: "\n").count <= 2, "\(said.stderr)")
  }

  @Test func aDroppedOptionIsMentionedWhereItMatters() {
    #expect(VendorSpelling(["--console", "--nologo"]).notes.isEmpty)
    let notes = VendorSpelling(["--UPGRADEDATABASE"]).notes
    #expect(notes.count == 1)
    #expect(notes.first?.contains("--upgradeDatabase") == true)
  }

  /// A command has the same effect in both spellings.
  @Test func bothSpellingsParseAlike() throws {
    let vendor = VendorSpelling([
      "rotate-master-key", "--iReallyWantToRotateMyMasterKey", "--iHaveBackedUpMyDatabase",
      "--masterKey=X", "--instance:I", "--console", "--nologo", "--format=JSON",
      "--noninteractive",
    ])
    let own = [
      "rotate-master-key", "--i-really-want-to-rotate-my-master-key",
      "--i-have-backed-up-my-database", "--master-key", "X", "--instance", "I", "--format",
      "json", "--non-interactive",
    ]
    for arguments in [vendor.arguments, VendorSpelling(own).arguments] {
      let command = try #require(try Octokey.parseAsRoot(arguments) as? RotateMasterKey)
      #expect(command.iReallyWantToRotateMyMasterKey)
      #expect(command.iHaveBackedUpMyDatabase)
      #expect(command.newKeySource == .value("X"))
      #expect(command.node.instance == "I")
      #expect(command.output.format == .json)
      #expect(command.output.nonInteractive)
    }
  }

  /// The list of options with a value equals the parser's.
  @Test func noOptionWithAValueIsForgotten() async throws {
    let dump = try await OctokeyProgram.run(["--experimental-dump-help"]).stdout
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any])
    var found: Set<String> = []
    func visit(_ command: [String: Any]) {
      for argument in command["arguments"] as? [[String: Any]] ?? []
      where argument["kind"] as? String == "option" {
        for name in argument["names"] as? [[String: Any]] ?? [] {
          let dashes = name["kind"] as? String == "short" ? "-" : "--"
          found.insert(dashes + (name["name"] as? String ?? ""))
        }
      }
      for sub in command["subcommands"] as? [[String: Any]] ?? [] { visit(sub) }
    }
    visit(try #require(root["command"] as? [String: Any]))
    #expect(found == VendorSpelling.optionsWithValue)
  }
}
