// Every failure has a message in octokey's form, and the documented exit code.

import Native
import Testing

@testable import OctopusKeys
@testable import octokey

@Suite struct FailureTests {
  static let native: [NativeError] = [
    .system(call: "open", path: "/x", errno: 2), .system(call: "rename", path: "/x", errno: 13),
    .system(call: "write", path: "", errno: 28), .system(call: "tcsetattr", path: "/x", errno: 5),
    .system(call: "open", path: "/x", errno: 40), .system(call: "what", path: "/x", errno: 9999),
    .crypto(call: "EVP_X", reason: ""), .crypto(call: "EVP_X", reason: "Bad decrypt."),
    .tooLarge(path: "/x", limit: 10), .malformedXML(line: 1, column: 2, reason: "Tag mismatch.\n"),
    .forbiddenXML(line: 3, construct: "a DOCTYPE"), .damagedGzip(reason: "Incorrect data check"),
    .odbc(call: "SQLExecute", [.init(state: "42S02", number: 208, text: "Invalid object.")]),
    .unconfirmed(path: "/x", errno: 5), .tooManyLinks(path: "/x"), .noPrivateFolder(path: "/tmp"),
    .sqlite(.corrupt, message: "Database disk image is malformed."), .notUnicode,
    .mountPoint(path: "/x"), .immutable(path: "/x"), .appendOnly(path: "/x"),
    .readOnlyFileSystem(path: "/x"), .folderNotWritable(path: "/x"), .fileNotWritable(path: "/x"),
    .stickyFolder(path: "/x/y", folder: "/x"), .noRoom(path: "/x", needed: 2, available: 1),
    .noFreeInodes(path: "/x"), .badReadBack(path: "/x"),
    .halfWritten(path: "/x", copy: "/y", call: "write", errno: 28),
    .system(call: "flock", path: "/x", errno: 37), .notPlain(path: "/x", .pipe),
    .notALock(path: "/x"), .notACompanion(path: "/x"),
    .belongsToOther(path: "/x", user: 5),
    .noWriter(path: "/x"),
  ]
  static let keys: [KeyError] = [
    .native(.tooLarge(path: "/x", limit: 1)), .wrongLength(bytes: 20, source: "/k"),
    .unfitForNew(bits: 192, source: "/k"),
    .wrongLength(bytes: 0, source: "--master-key"), .notBase64(source: "the answer"),
    .missing(source: "/k"), .notAlone(source: "/k", line: 2), .fingerprintDiffers(source: "/k"),
    .readBackDiffers(path: "/k"), .encodedTwice(source: "/k"), .protectedValue(source: "/k"),
    .severalKeys(source: "/k", count: 2), .weak(.wellKnown, source: "/k"),
    .weak(.pattern, source: "--master-key"), .weak(.printable, source: "standard input"),
  ]
  static let configs: [ConfigError] = [
    .native(.notAFile(path: "/c")), .key(.notBase64(source: "standard input")),
    .malformed(path: "/c", line: 1, column: 2, reason: "Tag mismatch.\n"),
    .malformed(path: "/c", line: 1, column: 2, reason: "Tag mismatch.\n", copy: "/b"),
    .missing(path: "/c", copy: "/b"),
    .halfWritten(path: "/c", copy: "/d"), .halfWritten(path: "/c", copy: nil),
    .openFolder(.config("/c"), folder: "/", mode: 0o775, group: 5),
    .openFolder(.stateFolder("/d"), folder: "/d", mode: 0o775, group: 5),
    .foreignJournal(path: "/octokey-journal.json", user: 5),
    .openFolder(.config("/c"), folder: "/", mode: 0o1777, group: 0),
    .forbidden(path: "/c", line: 3, construct: "a DOCTYPE"), .wrongRoot(path: "/c", found: "a"),
    .editFailed(path: "/c"), .protectionFailed,
    .protectedByNewerServer(path: "/c", setting: "A"), .settingMissing(path: "/c", setting: "A"),
    .settingMissing(path: "/c", setting: SettingName.masterKey), .locked(.config("/c")),
    .unfinishedRotation(.config("/c"), journal: "/j"), .protectedByWindows(path: "/c"),
    .masterKeyUnreadable(path: "/c", tried: trials),
    .settingUnreadable(path: "/c", setting: "A", tried: trials), .noMachineKey(tried: trials),
    .noConfig(workingDirectory: "/", instancesFolder: "/i"),
    .noSuchInstance(name: "n", folder: "/i"),
    .severalInstances(name: nil, folder: "/i", found: ["a", "b"]),
    .noSuchInstance(name: "n", folder: "/i", bad: ["/i/a.config"]),
    .severalInstances(name: "A", folder: "/i", found: ["a", "b"]),
    .badInstanceRecords(["/i/a.config", "/i/b.config"]),
  ]
  private static let trials: [MachineKeyTrial] = [
    .init(path: "/a", outcome: .missing), .init(path: "/b", outcome: .malformed),
    .init(path: "/c", outcome: .wrong),
  ]
  static let rotations: [RotationError] = [
    .native(.notAFile(path: "/j")), .store(.full(location: "/x")), .key(.missing(source: "/k")),
    .config(.locked(.config("/c"))), .interrupted(signal: "SIGTERM"), .noDocuments(location: "/x"),
    .noValues(location: "/x"), .unreadable(Findings(), location: "/x"),
    .ledgerMismatch(before: Ledger(), after: Ledger(), location: "/x"),
    .interruptedCommit(.config("/c"), keyFile: "/k", reason: .store(.full(location: "/x"))),
    .configNotSwitched(.config("/c"), keyFile: "/k", reason: .changedMeanwhile(path: "/c")),
    .journalStays(.config("/c"), reason: .notAFile(path: "/j")), .journalUnreadable(path: "/j"),
    .serverAtWork(nodes: ["node-01", "node-02"], tasks: 1), .serverAtWork(nodes: [], tasks: 2),
    .activityUnknown(.full(location: "/x")), .livenessUnknown(nodes: ["a", "b"]),
    .forgetfulFolder(path: "/f", fileSystem: "tmpfs"),
    .recoveryFoundNothing(journal: "/j", location: "/x", expected: 3),
    .recoveryStoreMissing(journal: "/j", reason: .notFound(location: "/x")),
    .recoveryOfFormerStore(
      journal: "/j", store: .init(kind: "sqlite", location: "/a"), given: "/b"),
    .undecidedBinary(["T.C"], location: "/x"),
    .recoveryElsewhere(journal: "/j", recorded: "/a", found: "/b", values: 1, expected: 2),
    .otherKey(source: "/k", expected: "SHA256:x"),
    .recoveryNeedsKey(
      .new, fingerprint: "SHA256:x", expectedAt: "/k", trouble: .key(.missing(source: "/k"))),
    .recoveryNeedsKey(.old, fingerprint: "SHA256:x", expectedAt: nil, trouble: nil),
    .recoveryUnclear(journal: "/j", findings: Findings(), location: "/x"),
    .snapshotDiffers(name: "s", location: "/x", values: 1, expected: 2),
    .snapshotDiffers(name: "s", location: "/x", values: 2, expected: 2),
    .snapshotStays(
      .init(name: "s", revertedBy: [], droppedBy: "DROP DATABASE [s]"),
      reason: .store(.full(location: "/x")), trouble: .full(location: "/x")),
    .snapshotStays(
      .init(name: "s", revertedBy: [], droppedBy: "DROP DATABASE [s]"),
      reason: .interrupted(signal: "SIGTERM"), trouble: .full(location: "/x")),
  ]
  static let backups: [BackupError] = [
    .native(.notAFile(path: "/b")), .key(.missing(source: "/k")), .config(.locked(.config("/c"))),
    .rotation(.interrupted(signal: "SIGTERM")), .unfitPassphrase(source: "/p", .empty),
    .unfitPassphrase(source: "the answer", .severalLines), .unfitPassphrase(source: "/p", .noText),
    .encryptedFileMalformed(path: "/f"), .cannotDecrypt(path: "/f"),
    .noBackup(path: "/b", .missing("SHA256SUMS")), .noBackup(path: "/b", .malformed("SHA256SUMS")),
    .manifestNotEncoded,
  ]
  static let stores: [StoreError] =
    [
      .notFound(location: "/x"), .notAStore(location: "/x", reason: "File is not a database."),
      .unconfirmed(location: "/x", errno: 5), .readOnly(location: "/x"),
      .accessDenied(location: "/x"), .busy(location: "/x"),
      .connection(.malformed(setting: 3)), .connection(.unknownSetting(2)),
      .connection(.badValue(setting: "Encrypt")), .connection(.missing(setting: "Data Source")),
      .connection(.cannotHonour(setting: "Server Certificate", driver: "FreeTDS")),
      .connection(.cannotHonour(setting: "AttachDbFilename", driver: nil)),
      .connection(.quoted), .connection(.odbcString), .connection(.placeholder(setting: nil)),
      .connection(.placeholder(setting: "Password")),
      .connection(.colonBeforePort(setting: "Data Source")),
      .connection(.noSuchLogin(method: "Active Directory Default")),
      .connection(.tooLong(setting: "Password", limit: 128)),
      .connection(.readOnlyReplica(setting: "ApplicationIntent")),
      .connection(.noDriver(wanted: nil, installed: [])),
      .connection(.noDriver(wanted: "x", installed: ["PostgreSQL Unicode"])),
      .full(location: "/x"), .invalidLocation(text: "ftp:x", reason: "No such kind."),
      .obstacle(location: "/x", collection: "T", .triggers(["A", "B"])),
      .obstacle(location: "/x", collection: "T", .generatedColumn("C")),
      .obstacle(location: "/x", collection: "T", .virtualTable),
      .obstacle(location: "/x", collection: "T", .noRowKey),
      .obstacle(location: "/x", collection: "T", .unfitType("JSON")),
      .obstacle(location: "/x", collection: "T", .keyColumn("C")),
      .obstacle(location: "/x", collection: "a/b.json", .symbolicLink),
      .obstacle(location: "/x", collection: "T", .foreignKey("C")),
      .obstacle(location: "/x", collection: "sqlite_schema", .enginesOwn),
      .obstacle(location: "s/d", collection: "pg_largeobject", .largeObjects),
      .notCopied(location: "/x", collection: "a", .noPermission(nil)),
      .projectExport(location: "/x"),
      .lacksRights(location: "s/d", collection: nil),
      .lacksRights(location: "s/d", collection: "T"),
      .disconnected(location: "s/d", collection: "T", reason: "Connection reset (08S01)"),
      .unreachable(location: "s/d", reason: "Connection refused (08001, 101)"),
      .changedMeanwhile(location: "/x", collection: "T", document: "D-1"),
      .logWithoutDatabase(location: "/x", log: "/x-wal"),
      .failed(location: "/x", collection: nil, reason: "Disk I/O error."),
      .failed(location: "/x", collection: "T", reason: "Disk I/O error."),
    ]
    + snapshotObstacles.map { .noSnapshot(location: "s/d", $0) }
    + serverObstacles.map { .obstacle(location: "s/d", collection: "T", $0) }
    + ServerRefusal.allCases.map {
      .serverRefused(
        $0, location: "s/d", collection: "T", reason: "Login failed for user 'u'. (28000)")
    }
  static let snapshotObstacles: [DatabaseSnapshotObstacle] = [
    .engine("SQLite"), .folder, .azureSQLDatabase, .managedInstance, .memoryOptimized("F"),
    .fileStream("F"), .readOnlyFilegroup("F"), .remoteFile("https://x/y"), .lacksRight,
  ]
  static let serverObstacles: [StoreObstacle] = [
    .memoryOptimized, .appendOnly, .mergePublished, .updatableSubscription, .external, .stretched,
    .fileTable, .readOnlyFilegroup("F"), .rowSecurity("[s].[p]"),
    .loginPolicies("\"p\""), .loginPolicies(""), .masked("C"), .alwaysEncrypted("C"),
    .unpadded("C"), .noPermission(nil), .noPermission("C"),
  ]
  static let commands: [CommandError] = [
    .cancelled, .declined, .noBackup(options: "--config /c"), .interrupted(signal: "SIGTERM"),
    .cannotAsk(option: "--yes", reason: .noTerminal),
    .outputFailed(.system(call: "write", path: "", errno: 28)),
    .noWorkingDirectory(path: "x", reason: .system(call: "getcwd", path: "", errno: 2)),
    .backupWithoutConfig(folder: "/b"), .noSuchSchema(name: "x", near: []),
    .noSuchSchema(name: "statsu", near: ["status"]),
    .noSuchSetting(key: "K", path: "/x", near: []), .secretArgument(key: "K"),
    .noSuchSetting(key: "Octopus.Server.TaskCap", path: "/x", near: ["A", "B"]),
    .unfitValue(key: "K"), .wrongType(key: "K", type: .port),
    .editorFailed(editor: "vi", code: 127), .editGivenUp(path: "/x"),
    .editedMeanwhile(path: "/x"),
    .editKept(saved: "/y", reason: .init(CommandError.editGivenUp(path: "/x"))),
    .otherFingerprint(expected: "SHA256:x", found: "SHA256:y"),
    .keyOfAnotherStore(
      fingerprint: "SHA256:x", location: "/x",
      KeyMisfit(decrypted: 1, failed: 3, certificateFails: false)),
    .storeNotSeen(reason: .store(.notFound(location: "/x"))),
    .storeNeeded(for: "--state-dir"), .keyNotGiven, .windowsProtection(config: "/c"),
    .odbcOfOtherUser(config: "/c", user: 5), .backupOfOtherUser(folder: "/b", user: 5),
    .valueInName(setting: "A"),
    .livenessUnknown(nodes: ["a"]), .restoreWhileLive(nodes: ["a"], tasks: 1),
    .restoredHalf(
      .store("/x", config: "/c"), former: "/f", reason: .init(StoreError.full(location: "/x"))),
    .restoredHalf(
      .config("/c", isWritten: false), former: "/f",
      reason: .init(NativeError.unconfirmed(path: "/c", errno: 5))),
  ]

  static var everything: [any Error] {
    native as [any Error] + keys as [any Error] + configs as [any Error] + rotations as [any Error]
      + backups as [any Error] + stores as [any Error] + commands as [any Error]
  }

  @Test func everyFailureSpeaksInTheHousesVoice() {
    for error in FailureTests.everything {
      let failure = Failure(describing: error)
      for text in [failure.message, failure.hint ?? "x"] {
        #expect(!text.isEmpty, "\(error)")
        #expect(!text.hasSuffix("."), "\(error): \(text)")
        #expect(text.first?.isUppercase == false, "\(error): \(text)")
        #expect(!text.contains { $0.isNewline }, "\(error): \(text)")
      }
      #expect(failure.status != .done)
    }
  }

  @Test func anUnknownErrorDoesNotTellItsContents() {
    struct Leaky: Error { let secret = "hunter2" }
    #expect(!Failure(describing: Leaky()).message.contains("hunter2"))
  }

  @Test func twentyFourBytesAreExplained() {
    let failure = Failure(describing: KeyError.unfitForNew(bits: 192, source: "/keys/a.key"))
    #expect(
      failure.message == "\"/keys/a.key\" has 192 bits; a new Master Key has 128 or 256")
    #expect(failure.hint?.contains("32 base64 characters decode to 192 bits") == true)
    #expect(failure.status == .failed)
  }

  @Test func exitCodes() {
    #expect(Failure(describing: StoreError.busy(location: "/x")).status == .busy)
    #expect(Failure(describing: StoreError.notFound(location: "/x")).status == .failed)
    // A check that cannot be made counts as one that fails.
    let unseen = RotationError.activityUnknown(.notFound(location: "/x"))
    #expect(Failure(describing: unseen).status == .busy)
    #expect(Failure(describing: RotationError.livenessUnknown(nodes: ["a"])).status == .busy)
    let unaskable = CommandError.cannotAsk(option: "--yes", reason: .noTerminal)
    #expect(Failure(describing: unaskable).status == .usage)
    let unfinished = ConfigError.unfinishedRotation(.config("/c"), journal: "/j")
    #expect(Failure(describing: unfinished).status == .unfinishedRotation)
    #expect(Failure(describing: unfinished).hint == "octokey recover --config /c")
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 64, 130])
  }

  /// What would stop `recover`, too, comes before it.
  @Test(arguments: [
    (NativeError.mountPoint(path: "/c"), "octokey recover --in-place --config /c"),
    (
      NativeError.halfWritten(path: "/c", copy: "/d", call: "write", errno: 5),
      "octokey recover --in-place --config /c"
    ),
    (NativeError.immutable(path: "/c"), "chattr -i /c; then octokey recover --config /c"),
    (NativeError.appendOnly(path: "/"), "chattr -a /; then octokey recover --config /c"),
    (
      NativeError.noRoom(path: "/c", needed: 2, available: 1),
      "free space on the device, then octokey recover --config /c"
    ),
    (NativeError.changedMeanwhile(path: "/c"), "octokey recover --config /c"),
    (NativeError.system(call: "rename", path: "/c", errno: 5), "octokey recover --config /c"),
  ])
  func afterACommitTheWayOutComesFirst(_ reason: NativeError, _ hint: String) {
    let error = RotationError.configNotSwitched(.config("/c"), keyFile: "/k", reason: reason)
    #expect(Failure(describing: error).hint == hint)
    #expect(Failure(describing: error).message.contains(Failure(reason).message))
    #expect(Failure(describing: error).status == .unfinishedRotation)
    #expect(
      Failure(describing: RotationError.journalStays(.config("/c"), reason: reason)).hint == hint)
  }

  @Test func theSystemsWordsAreUsed() {
    let missing = Failure(describing: NativeError.system(call: "open", path: "/a b", errno: 2))
    #expect(missing.message == "cannot open \"/a b\": no such file or directory")
    let denied = Failure(describing: NativeError.system(call: "open", path: "/x", errno: 13))
    #expect(denied.hint?.contains("root") == true)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\u{1b}[2J", "a\\u{1b}[2J"), ("a\nb\tc\r", "a\\nb\\tc\\r"),
    ("\u{9b}31m", "\\u{9b}31m"), ("x\u{202e}y", "x\\u{202e}y"), ("\u{0}\u{7f}", "\\u{0}\\u{7f}"),
    ("naïve 表 \u{1F511}", "naïve 表 \u{1F511}"), ("a\u{2028}b", "a\\u{2028}b"),
  ])
  func namesAreMadeHarmless(_ name: String, _ expected: String) {
    #expect(name.escaped == expected)
  }
}
