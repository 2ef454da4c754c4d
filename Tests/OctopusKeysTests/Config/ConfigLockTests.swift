// The lock of a node config: whoever comes second is told so, whether the first is still at work or
// through.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct ConfigLockTests {
  private static let text = "<octopus-settings><set key=\"A\">1</set></octopus-settings>"

  private func config(in folder: ScratchFolder) throws -> String {
    let path = folder.file("OctopusServer.config")
    try Self.text.write(toFile: path, atomically: false, encoding: .utf8)
    return path
  }

  @Test func whatWasReadBeforeAnEditIsNotEditedAfterIt() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let first = try ConfigFile.read(path)
    let second = try ConfigFile.read(path)
    let lock = try LockedConfigFile.lock(first)
    #expect(throws: ConfigError.locked(.config(path))) { _ = try LockedConfigFile.lock(second) }
    _ = consume lock
    // Even where it looks as it did: a rotation back and forth.
    try Self.text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: ConfigError.native(.changedMeanwhile(path: path))) {
      _ = try LockedConfigFile.lock(second)
    }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: ConfigError.native(.changedMeanwhile(path: path))) {
      _ = try LockedConfigFile.lock(second)
    }
  }

  @Test func aRotationAtWorkIsNoUnfinishedOne() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let file = try ConfigFile.read(path)
    let lock = try LockedConfigFile.lock(file)
    try "{}".write(toFile: file.stateFolder.journalPath, atomically: false, encoding: .utf8)
    #expect(throws: ConfigError.locked(.config(path))) { try file.requireNoUnfinishedRotation() }
    _ = consume lock
    let unfinished = ConfigError.unfinishedRotation(
      .config(path), journal: file.stateFolder.journalPath)
    #expect(throws: unfinished) { try file.requireNoUnfinishedRotation() }
    #expect(throws: unfinished) { _ = try LockedConfigFile.lock(file) }
  }

  /// Whoever is told to run `recover` learns from it that the folder is open.
  @Test func anUnfinishedRotationIsSaidFirst() throws {
    let folder = ScratchFolder()
    let file = try ConfigFile.read(try config(in: folder))
    try "{}".write(toFile: file.stateFolder.journalPath, atomically: false, encoding: .utf8)
    try Outside.run("chmod", "777", folder.path)
    let unfinished = ConfigError.unfinishedRotation(
      .config(file.path), journal: file.stateFolder.journalPath)
    #expect(throws: unfinished) { try file.requireNoUnfinishedRotation() }
  }

  @Test func aBrokenConfigCanBeLockedAndReplaced() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    try "<octopus".write(toFile: path, atomically: false, encoding: .utf8)
    let locked = try LockedConfigFile.lock(path, patience: .zero)
    let error = #expect(throws: ConfigError.self) { try locked.file.settings() }
    guard case .malformed(path, 1, _, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try locked.replace(with: Array(Self.text.utf8), backupAt: Date(), keepsCopy: false)
    #expect(try ConfigFile.read(path).settings().value(of: "A") == "1")
  }

  /// All in one second: a name that became free must not make the newest copy look like the oldest.
  @Test func sixtyQuickEditsKeepTheNewestCopies() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let time = Date(timeIntervalSince1970: 1_800_000_000)
    for number in 2...61 {
      let text = Self.text.replacingOccurrences(of: ">1<", with: ">\(number)<")
      let locked = try LockedConfigFile.lock(path, patience: .zero)
      let copy = try locked.replace(with: Array(text.utf8), backupAt: time)
      #expect(FileManager.default.fileExists(atPath: try #require(copy)))
    }
    let copies = folder.names.filter { $0.hasSuffix(".bak") }
    let held = try copies.map { try ConfigFile.read(folder.file($0)).settings().value(of: "A") }
    #expect(Set(held) == Set((51...60).map(String.init)))
  }

  /// A file system may give both the same time: the copy that an edit makes, and what it then writes.
  @Test func aCopyOfTheSameMomentIsTheLastOne() throws {
    let folder = ScratchFolder()
    let backups = ConfigBackups(at: try config(in: folder))
    let start: Int64 = 1_700_000_000
    let copies = try (0..<2).map { number in
      let copy = folder.file(
        "OctopusServer.config.2026010\(number + 1)T030405Z.bak", Array(Self.text.utf8))
      let time = Date(timeIntervalSince1970: Double(start + 10 * Int64(number)))
      try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: copy)
      return copy
    }
    let second = (start + 10) * 1_000_000_000
    #expect(try backups.last(before: second + 1)?.path == copies[1])
    #expect(try backups.last(before: second)?.path == copies[1])
    #expect(try backups.last(before: second - 1)?.path == copies[0])
    #expect(try backups.last(before: start * 1_000_000_000 - 1)?.path == nil)
  }

  @Test func onlyCopiesCountForTheNameOfTheNextOne() throws {
    let folder = ScratchFolder()
    let backups = ConfigBackups(at: try config(in: folder))
    let stamp = "20260102T030405Z"
    for end in ["-", "-x", "-2-3"] {
      _ = folder.file("OctopusServer.config.\(stamp)\(end).bak", [])
    }
    _ = folder.file("OctopusServer.config.-\(stamp).bak", [])
    _ = folder.file("OctopusServer.config.20260102T030406Z-9.bak", [])
    for end in ["", "-2", "-3"] {
      #expect(backups.freeName(stamp) == "OctopusServer.config.\(stamp)\(end).bak")
      _ = folder.file(backups.freeName(stamp), [])
    }
  }

  @Test func newFilesGetNamesThatNothingHas() throws {
    let folder = ScratchFolder()
    let state = try ConfigFile.read(config(in: folder)).stateFolder
    let names = ["report.txt", "report-2.txt", "report-3.txt"].map { folder.file($0) }
    for name in names {
      #expect(state.newPath("report", ".txt") == name)
      try "".write(toFile: name, atomically: false, encoding: .utf8)
    }
    #expect(state.newPath("report", ".json") == folder.file("report.json"))
  }

  /// A recovery may be a dry run, and some commands lock first and refuse later.
  @Test func aLockRemovesDraftsUnlessNothingMayChangeYet() throws {
    let folder = ScratchFolder()
    let file = try ConfigFile.read(config(in: folder))
    let draft = folder.file(".OctopusServer.config.draft-1f", [])
    _ = try LockedConfigFile.lock(file, keepsDrafts: true)
    _ = try LockedConfigFile.lock(file, forRecovery: true)
    #expect(FileManager.default.fileExists(atPath: draft))
    _ = try LockedConfigFile.lock(file)
    #expect(!FileManager.default.fileExists(atPath: draft))
  }

  @Test func onlyDraftsOfOurOwnAreRemoved() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let drafts = [
      ".OctopusServer.config.draft-1f", ".OctopusServer.config.20260102T030405Z.bak.draft-a",
      ".octokey-journal.json.draft-0", ".master-key-x.key.draft-12",
      ".rotation-report-x.txt.draft-3",
    ]
    let others = [
      ".other.config.draft-1f", ".OctopusServer.config.draft-xyz", "OctopusServer.config.draft-1f",
    ]
    for name in drafts + others {
      try "".write(toFile: folder.file(name), atomically: false, encoding: .utf8)
    }
    // Who has the lock may still refuse, and then nothing has changed.
    let config = try LockedConfigFile.lock(path, patience: .zero)
    for name in drafts { #expect(FileManager.default.fileExists(atPath: folder.file(name))) }
    config.removeLeftoverDrafts()
    for name in drafts { #expect(!FileManager.default.fileExists(atPath: folder.file(name))) }
    for name in others { #expect(FileManager.default.fileExists(atPath: folder.file(name))) }
  }

  /// Other users could replace what is read there. A command that changes nothing goes on anyway.
  @Test func aFolderThatOthersMayWriteToIsLockedOnlyToLook() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let state = try ConfigFile.read(path).stateFolder
    chmod(folder.path, 0o777)
    let error = #expect(throws: ConfigError.self) { _ = try state.lock(for: .config(path)) }
    guard case .openFolder(.config(path), folder.path, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(throws: Never.self) { _ = try state.lock(for: .config(path), mayBeOpen: true) }
    chmod(folder.path, 0o700)
    #expect(throws: Never.self) { _ = try state.lock(for: .config(path)) }
  }

  /// The bits of the group are all that the mode shows of an access control list.
  @Test(arguments: [
    ("u:777:rwx", true), ("g:777:rwx", true), ("u:777:r-x", false), ("u:0:rwx", false),
  ])
  func whoAnAccessListLetsWriteCounts(_ list: String, _ isOpen: Bool) throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    try Outside.run("setfacl", "-m", list, folder.path)
    let state = try ConfigFile.read(path).stateFolder
    if isOpen {
      let error = #expect(throws: ConfigError.self) { _ = try state.lock(for: .config(path)) }
      guard case .openFolder? = error else { throw error ?? .protectionFailed }
    } else {
      #expect(throws: Never.self) { _ = try state.lock(for: .config(path)) }
    }
  }
}
