// What would make a write fail is found without a write: chattr's flags, links, room, and what kind of file
// system a folder is on. Mounts are in CommandTests, where they have a namespace of their own.

import Foundation
import Native
import Outside
import Testing

@Suite struct ReplacementCheckTests {
  private let folder = ScratchFolder()
  private let old = Array("old contents".utf8)

  private func withFlag(_ flag: String, _ path: String, _ body: () throws -> Void) throws {
    _ = try Outside.run("chattr", "+" + flag, path)
    defer { _ = try? Outside.run("chattr", "-" + flag, path) }
    try body()
  }

  @Test(arguments: [("i", "config"), ("a", "config"), ("i", ""), ("a", "")])
  func flagsOfFileAndFolderAreFound(flag: String, name: String) throws {
    let path = folder.file("config", old)
    let flagged = name.isEmpty ? folder.path : path
    let error: NativeError =
      flag == "i" ? .immutable(path: flagged) : .appendOnly(path: flagged)
    let original = try FileContents.read(path, limit: 100)
    try withFlag(flag, flagged) {
      #expect(throws: error) { try ReplacementCheck.requireReplaceable(path, bytes: 10) }
      #expect(throws: error) {
        _ = try FileReplacement.prepare(original, contents: [1].span, backup: .init(name: "copy"))
      }
      if name.isEmpty {
        #expect(throws: error) {
          try ReplacementCheck.requireNewFiles(in: folder.path, owner: nil, bytes: 10)
        }
        #expect(throws: error) { _ = try NewFile.create(folder.file("new"), contents: [1].span) }
        #expect(throws: error) { _ = try FileLock.acquire(folder.file("lock")) }
      } else {
        #expect(throws: error) { try ReplacementCheck.requireWritable(path) }
      }
    }
    #expect(folder.names == ["config"] && Outside.bytes(path) == old)
    try ReplacementCheck.requireReplaceable(path, bytes: 10)
    try ReplacementCheck.requireNewFiles(in: folder.path, owner: nil, bytes: 10)
    try ReplacementCheck.requireWritable(path, bytes: 10)
  }

  /// A flag that comes after `prepare`: the rename fails, and the error still says why.
  @Test(arguments: ["i", "a"])
  func aFlagThatComesLaterIsNamed(flag: String) throws {
    let path = folder.file("config", old)
    let original = try FileContents.read(path, limit: 100)
    let replacement = try FileReplacement.prepare(original, contents: [1].span)
    _ = try Outside.run("chattr", "+" + flag, folder.path)
    let error: NativeError =
      flag == "i" ? .immutable(path: folder.path) : .appendOnly(path: folder.path)
    defer { _ = try? Outside.run("chattr", "-" + flag, folder.path) }
    var found: NativeError?
    do { try replacement.commit() } catch { found = error }
    #expect(found == error)
    #expect(Outside.bytes(path) == old)
  }

  @Test func linksAreFound() throws {
    let path = folder.file("config", old)
    _ = try Outside.run("ln", "-s", "config", folder.file("link"))
    try ReplacementCheck.requireReplaceable(folder.file("link"), bytes: 1)
    _ = try Outside.run("chown", "-h", "nobody", folder.file("link"))
    #expect(throws: NativeError.foreignLink(path: folder.file("link"), target: path)) {
      try ReplacementCheck.requireReplaceable(folder.file("link"), bytes: 1)
    }
    _ = try Outside.run("ln", path, folder.file("second"))
    #expect(throws: NativeError.severalLinks(path: path, count: 2)) {
      try ReplacementCheck.requireReplaceable(path, bytes: 1)
    }
    #expect(throws: NativeError.notAFile(path: folder.path)) {
      try ReplacementCheck.requireReplaceable(folder.path, bytes: 1)
    }
  }

  @Test func roomIsCounted() throws {
    let path = folder.file("config", old)
    let free =
      try FileManager.default.attributesOfFileSystem(forPath: folder.path)[
        .systemFreeSize] as? Int
    // Root may also use what is kept for root.
    let much = try #require(free) * 4
    expectNoRoom(much) { try ReplacementCheck.requireReplaceable(path, bytes: much) }
    expectNoRoom(much) {
      try ReplacementCheck.requireNewFiles(in: folder.path, owner: nil, bytes: much)
    }
    expectNoRoom(much) { try ReplacementCheck.requireWritable(path, bytes: much) }
  }

  private func expectNoRoom(_ bytes: Int, _ look: () throws -> Void) {
    let error = #expect(throws: NativeError.self) { try look() }
    guard case .noRoom(_, let needed, let available)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed >= bytes && available < bytes && available > 0)
  }

  @Test func whatForgetsIsFound() throws {
    let memory = "/dev/shm/octokey-test-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: memory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: memory) }
    #expect(try FolderPermanence.forgets(memory) == "tmpfs")
    #expect(try FolderPermanence.isSameMount(memory, "/dev/shm"))
    #expect(try !FolderPermanence.isSameMount(memory, "/proc"))
    #expect(try FolderPermanence.isSameMount(folder.path, folder.file("config", old)))
    #expect(throws: NativeError.self) { _ = try FolderPermanence.forgets(folder.file("missing")) }
  }

  @Test func aWriteInPlaceNeedsAReason() throws {
    let path = folder.file("config", old)
    let original = try FileContents.read(path, limit: 100)
    let replacement = try FileReplacement.prepare(
      original, contents: [1].span, backup: .init(name: "copy"), inPlace: true)
    // Where a rename is possible it is the way.
    let isInPlace = replacement.isInPlace
    #expect(!isInPlace)
    try replacement.commit()
    #expect(try FileStatus.read(path).identity.inode != original.identity.inode)
  }
}
