// The scripts that make a login for octokey on SQL Server: no server is there to run them, so their words are held to
// what they promise.

import Foundation
import Outside
import Testing

@Suite struct LoginScriptTests {
  static let scripts = ["make-login.sql", "make-azure-user.sql"]

  /// A script without its comments.
  static func statements(of name: String) throws -> [String] {
    try String(contentsOfFile: "\(repositoryPath)/samples/sqlserver/\(name)", encoding: .utf8)
      .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("--") }
  }

  @Test(arguments: scripts)
  func onlyWhatIsNeededIsGranted(_ name: String) throws {
    let text = try LoginScriptTests.statements(of: name).joined(separator: "\n")
    let granted = text.matches(of: #/GRANT ([A-Z, ]+?)(?:'| ON| TO)/#).map { String($0.1) }
    #expect(granted == ["SELECT", "SELECT, UPDATE", "VIEW DEFINITION", "UNMASK"])
    for word in ["db_", "CONTROL", "INSERT", "DELETE", "ALTER ANY", "sysadmin"] {
      #expect(!text.contains(word), "\(word)")
    }
  }

  @Test(arguments: scripts)
  func thePasswordComesFromTheEnvironmentOnly(_ name: String) throws {
    let lines = try LoginScriptTests.statements(of: name)
    let uses = lines.filter { $0.contains("PASSWORD") }
    #expect(uses.count == 2)
    #expect(uses.last?.contains("QUOTENAME(N'$(OCTOKEY_SQL_PASSWORD)', N'''')") == true)
  }

  /// To run it again must not fail, and not change a password.
  @Test(arguments: scripts)
  func whatExistsIsNotMadeAgain(_ name: String) throws {
    let text = try LoginScriptTests.statements(of: name).joined(separator: "\n")
    for match in text.matches(of: #/CREATE (LOGIN|USER|ROLE)/#) {
      let before = text[..<match.range.lowerBound].suffix(120)
      #expect(before.contains("IS NULL"), "\(match.0)")
    }
  }

  @Test func bothGrantTheSame() throws {
    let grants = try LoginScriptTests.scripts.map { name in
      try LoginScriptTests.statements(of: name).drop { !$0.hasPrefix("DECLARE @grants") }
        .prefix { !$0.hasPrefix("ALTER ROLE") }
    }
    #expect(!grants[0].isEmpty && Array(grants[0]) == Array(grants[1]))
  }
}
