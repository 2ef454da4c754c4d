// A secret in the address of a store is in no message, no report, and not in the system's log.

import Foundation
import Outside
import Testing

@Suite struct StoreSecretTests {
  static let locations = [
    "sqlite://u:SECRET@h/x", "sqlite:u:SECRET@h", "directory://u:SECRET@h/",
    "sqlite:x.db?key=SECRET",
    "sqlite:/x.db;Password=SECRET", "directory://SECRET@h/", "//u:SECRET@h/", "u:SECRET@h",
    "postgres://u:SECRET@h/x", "sqlserver://u:SECRET@h/x",
    "sqlserver:Server=tcp:u:SECRET@h;Database=d",
    "odbc:Driver=/none.so;Server=u:SECRET@h;Database=d", "Server=u:SECRET@h;Database=d",
    "odbc:Driver=/none.so;Server=h?key=SECRET", "sqlserver:Server=h;Database=d;Passwort=SECRET",
  ]

  @Test(arguments: locations)
  func itIsNowhere(_ location: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("openssl rand -base64 16 >new.key; chmod 600 new.key")
    let result = try await OctokeyProgram.runProgram(
      "python3",
      [
        SampleNode.tests + "/Servers/syslog.py", node.folder + "/log", "bash", "-c",
        """
        o=(--machine-id-file machine-id --machine-key-file none --store "$1")
        for command in status verify 'set-master-key --key-file new.key' \\
          'rotate-master-key --dry-run' 'rotate-master-key --yes' 'status --format json' \\
          'backup create --no-passphrase --to backup'; do
          octokey $command "${o[@]}" && exit 1
        done
        printf %s "$1" | octokey config set Octopus.Storage.ExternalDatabaseConnectionString - --force
        octokey config list; octokey config check "${o[@]:0:4}"; octokey status "${o[@]:0:4}"
        octokey config set Octopus.Storage.ExternalDatabaseConnectionString - --force <<<sqlite:x
        octokey config diff OctopusServer.config.*.bak
        true
        """, "sh", location,
      ], directory: node.folder)
    #expect(result.status == 0, "\(result.stdout) \(result.stderr)")
    for text in [result.stdout, result.stderr, try node.text("log")] {
      #expect(!text.contains("SECRET"), "\(text)")
    }
    #expect(try node.text("log").contains("config set: outcome=done"))
  }
}
