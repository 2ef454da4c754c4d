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
    (["--key-file", "-"], ["--key-file", "-"]),
    // Paths are not options.
    (["new-master-key", "/config"], ["new-master-key", "/config"]),
    (["new-master-key", "/config/key"], ["new-master-key", "/config/key"]),
    (["new-master-key", "/instances=1/key"], ["new-master-key", "/instances=1/key"]),
    (["new-master-key", "/console.key"], ["new-master-key", "/console.key"]),
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
          found.insert("--\(name["name"] as? String ?? "")")
        }
      }
      for sub in command["subcommands"] as? [[String: Any]] ?? [] { visit(sub) }
    }
    visit(try #require(root["command"] as? [String: Any]))
    #expect(found == VendorSpelling.optionsWithValue)
  }
}
