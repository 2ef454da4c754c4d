import Foundation
import Native
import Outside
import Testing

@Suite struct FileReplacementTests {
  private let folder = ScratchFolder()
  private let old = Array("old contents".utf8)
  private let new = Array("new".utf8)

  private func replace(
    _ path: String, backup: String? = nil, before commit: () throws -> Void = {}
  ) throws {
    let original = try FileContents.read(path, limit: 1000)
    let replacement = try FileReplacement.prepare(
      original, contents: new.span, backup: backup.map { .init(name: $0) })
    try commit()
    try replacement.commit()
  }

  private func expectUntouched(_ path: String) {
    #expect(Outside.bytes(path) == old)
    #expect(folder.names == ["config"])
  }

  @Test func modeOwnerACLAndAttributesSurviveOnFileAndBackup() throws {
    let path = folder.file("config", old, mode: 0o640)
    if geteuid() == 0 { chown(path, 1234, 2345) }
    _ = try Outside.run("setfacl", "-m", "u:nobody:r,g:daemon:rw", path)
    _ = try Outside.run("setfattr", "-n", "user.origin", "-v", "ünïcode value", path)
    _ = try Outside.run("setfattr", "-n", "user.empty", path)
    func facts(_ path: String) throws -> [String] {
      [
        Outside.text(try Outside.run("stat", "-c", "%a %u %g %h", path)),
        Outside.text(try Outside.run("getfacl", "-cnp", path)),
        Outside.text(try Outside.run("getfattr", "-d", "-m", "-", "--only-values", path)),
        Outside.text(try Outside.run("getfattr", "-d", "-m", "-", "--absolute-names", path))
          .replacingOccurrences(of: path, with: ""),
      ]
    }
    let before = try facts(path)
    #expect(before[1].contains("user:65534:r--"))
    try replace(path, backup: "config.bak")
    #expect(Outside.bytes(path) == new)
    #expect(Outside.bytes(folder.file("config.bak")) == old)
    #expect(try facts(path) == before)
    #expect(try facts(folder.file("config.bak")) == before)
    #expect(folder.names == ["config", "config.bak"])
  }

  @Test func aDefaultACLOfTheFolderDoesNotWidenTheFile() throws {
    let path = folder.file("config", old, mode: 0o640)
    _ = try Outside.run("setfacl", "-d", "-m", "u:nobody:rwx", folder.path)
    try replace(path)
    let list = Outside.text(try Outside.run("getfacl", "-cE", path))
    #expect(list.split(separator: "\n") == ["user::rw-", "group::r--", "other::---"])
  }

  @Test(arguments: [0o400, 0o444, 0o4755, 0o666])
  func oddModesSurvive(mode: Int) throws {
    let path = folder.file("config", old)
    _ = try Outside.run("setfattr", "-n", "user.origin", "-v", "x", path)
    chmod(path, mode_t(mode))
    try replace(path)
    #expect(try FileStatus.read(path).mode == UInt32(mode))
  }

  @Test func withoutCommitNothingHasChanged() throws {
    let path = folder.file("config", old)
    let inode = try FileStatus.read(path).identity.inode
    do {
      let original = try FileContents.read(path, limit: 1000)
      _ = try FileReplacement.prepare(
        original, contents: new.span, backup: .init(name: "config.bak"))
    }
    expectUntouched(path)
    #expect(try FileStatus.read(path).identity.inode == inode)
  }

  @Test func aDraftIsForTheOwnerAloneAndHidden() throws {
    let path = folder.file("config", old, mode: 0o600)
    let original = try FileContents.read(path, limit: 1000)
    let replacement = try FileReplacement.prepare(original, contents: new.span)
    let draft = try #require(folder.names.first { $0.hasPrefix(".config.draft-") })
    #expect(try FileStatus.read(folder.file(draft)).mode == 0o600)
    try replacement.commit()
    #expect(folder.names == ["config"])
  }

  @Test func aFileWrittenAfterReadingIsNotReplaced() throws {
    let path = folder.file("config", old)
    let original = try FileContents.read(path, limit: 1000)
    // The same size and time, as two writes within one tick of the clock would leave it.
    let other = Array("odd contents".utf8)
    let file = open(path, O_WRONLY)
    write(file, other, other.count)
    let (seconds, rest) = original.identity.modified.quotientAndRemainder(
      dividingBy: 1_000_000_000)
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
    futimens(file, [time, time])
    close(file)
    #expect(throws: NativeError.changedMeanwhile(path: path)) {
      _ = try FileReplacement.prepare(original, contents: new.span)
    }
    #expect(Outside.bytes(path) == other)
    #expect(folder.names == ["config"])
  }

  @Test func aFileExchangedOrTouchedAfterPrepareIsNotReplaced() throws {
    let path = folder.file("config", old, mode: 0o644)
    #expect(throws: NativeError.changedMeanwhile(path: path)) {
      try replace(path, backup: "config.bak") { chmod(path, 0o600) }
    }
    expectUntouched(path)
    #expect(try FileStatus.read(path).mode == 0o600)
    #expect(throws: NativeError.changedMeanwhile(path: path)) {
      try replace(path, backup: "config.bak") { rename(folder.file("other", old), path) }
    }
    expectUntouched(path)
    #expect(throws: NativeError.changedMeanwhile(path: path)) {
      try replace(path) { unlink(path) }
    }
    #expect(folder.names == [])
  }

  @Test func aLinkStaysALinkAndItsTargetIsReplacedInItsOwnFolder() throws {
    let place = folder.file("place")
    mkdir(place, 0o700)
    let path = folder.file("place/config", old)
    symlink("place/second", folder.file("first"))
    symlink("config", folder.file("place/second"))
    try replace(folder.file("first"), backup: "config.bak")
    #expect(Outside.bytes(path) == new)
    #expect(Outside.text(try Outside.run("readlink", folder.file("first"))) == "place/second\n")
    #expect(folder.names == ["first", "place"])
    let inside = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
    #expect(inside == ["config", "config.bak", "second"])
  }

  @Test func rootDoesNotFollowSomebodyElsesLink() throws {
    try #require(geteuid() == 0, "links of other users take root to make")
    let path = folder.file("config", old)
    let link = folder.file("link")
    symlink(path, link)
    lchown(link, 1234, 1234)
    #expect(throws: NativeError.foreignLink(path: link, target: path)) { try replace(link) }
    #expect(Outside.bytes(path) == old)
  }

  @Test func aLoopOfLinksEnds() throws {
    let link = folder.file("loop")
    symlink("loop", link)
    #expect(throws: NativeError.tooManyLinks(path: link)) { try replace(link) }
  }

  @Test func aSecondNameIsRefused() throws {
    let path = folder.file("config", old)
    link(path, folder.file("second"))
    #expect(throws: NativeError.severalLinks(path: path, count: 2)) { try replace(path) }
    #expect(Outside.bytes(path) == old)
    #expect(folder.names == ["config", "second"])
  }

  @Test func anExistingBackupIsNotOverwritten() throws {
    let path = folder.file("config", old)
    let backup = folder.file("config.bak", [1])
    #expect(throws: NativeError.alreadyExists(path: backup)) {
      try replace(path, backup: "config.bak")
    }
    #expect(Outside.bytes(path) == old)
    #expect(Outside.bytes(backup) == [1])
    #expect(folder.names == ["config", "config.bak"])
  }

  @Test func anOwnerThatCannotBeKeptIsARefusal() async throws {
    try #require(geteuid() == 0, "files of other users take root to make")
    await #expect(processExitsWith: .success) {
      let folder = ScratchFolder()
      chmod(folder.path, 0o777)
      let path = folder.file("config", [1, 2], mode: 0o644)
      seteuid(65534)
      let original = try FileContents.read(path, limit: 1000)
      let error = #expect(throws: NativeError.self) {
        _ = try FileReplacement.prepare(original, contents: [3].span)
      }
      seteuid(0)
      guard case .cannotKeep(attribute: "owner", path: _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(Outside.bytes(path) == [1, 2])
      #expect(folder.names == ["config"])
    }
  }

  @Test func onlyRegularFilesAreRead() throws {
    mkfifo(folder.file("pipe"), 0o600)
    for path in [folder.path, folder.file("pipe"), "/dev/null"] {
      #expect(throws: NativeError.notAFile(path: path)) {
        _ = try FileContents.read(path, limit: 1000)
      }
    }
    let path = folder.file("config", old)
    #expect(throws: NativeError.tooLarge(path: path, limit: 11)) {
      _ = try FileContents.read(path, limit: 11)
    }
    #expect(try FileContents.read(path, limit: 12).bytes == old)
  }
}
