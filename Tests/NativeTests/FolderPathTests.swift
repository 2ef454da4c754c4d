// Whose links lead where, and what becomes of a new folder whose name another one has got in the meantime.

import Foundation
import Outside
import Testing

@testable import Native

@Suite struct FolderPathTests {
  private let folder = ScratchFolder()

  private func run(_ script: String) throws -> String {
    String(
      decoding: try Outside.run("sh", "-c", "cd \(folder.path); set -e; \(script)"), as: UTF8.self)
  }

  /// Paths and what is there as `realpath` finds it, or nothing where no link of that user's is to be followed.
  @Test(arguments: [
    ("a/b/c", true), ("./a//b/./c/", true), ("a/b/../b/c", true), ("roots/c", true),
    ("far/b/c", true), ("chain/c", true), ("theirs/own", true), ("theirs/ours/c", false),
    ("theirs/far/b/c", false), ("theirs/ours/../../theirs/own", true),
  ])
  func onlyTrustedLinksAreFollowed(_ path: String, _ isFollowed: Bool) throws {
    try #require(geteuid() == 0, "links of other users take root to make")
    _ = try run(
      """
      mkdir -p a/b/c theirs/real; ln -s a/b roots; ln -s "$PWD/a" far; ln -s roots chain
      ln -s real theirs/own; ln -s ../a/b theirs/ours; ln -s "$PWD/a" theirs/far
      chown -hR 12345:12345 theirs
      """)
    let whole = folder.path + "/" + path
    guard isFollowed else {
      let error = #expect(throws: NativeError.self) { _ = try Descriptor.folder(at: whole).number }
      guard case .foreignLink(let link, _) = error else {
        return #expect(Bool(false), "\(String(describing: error))")
      }
      #expect(link.contains("/theirs/"))
      return
    }
    let expected = try run("stat -L -c %i \(path)")
    #expect(try "\(Descriptor.folder(at: whole).status().identity.inode)\n" == expected)
  }

  @Test func aLoopAndWhatIsMissingAreErrors() throws {
    _ = try run("ln -s loop loop; ln -s nowhere dangling; : >file")
    #expect(throws: NativeError.tooManyLinks(path: folder.file("loop"))) {
      _ = try Descriptor.folder(at: folder.file("loop")).number
    }
    for (name, number) in [("dangling", ENOENT), ("gone/x", ENOENT), ("file", ENOTDIR)] {
      #expect(throws: NativeError.system(call: "open", path: folder.file(name), errno: number)) {
        _ = try Descriptor.folder(at: folder.file(name)).number
      }
    }
  }

  /// A folder of another user in one of a third user's may have been moved there by him.
  @Test func foldersOfOthersBelowAStoreAreRefused() throws {
    try #require(geteuid() == 0, "folders of other users take root to make")
    _ = try run(
      """
      mkdir -p store/own store/roots roots/theirs; chown 12345 store store/own roots/theirs
      """)
    _ = try Descriptor.folder("own", below: folder.file("store")).number
    _ = try Descriptor.folder("theirs", below: folder.file("roots")).number
    #expect(throws: NativeError.belongsToOther(path: folder.file("store/roots"), user: 0)) {
      _ = try Descriptor.folder("roots", below: folder.file("store")).number
    }
  }

  /// So may the folder of the store itself.
  @Test func aStoreOfAnotherUserThanTheFolderAroundItIsRefused() throws {
    try #require(geteuid() == 0, "folders of other users take root to make")
    _ = try run("mkdir -p home/roots home/own; chown 12345 home home/own")
    _ = try Descriptor.folder(".", below: folder.file("home/own")).number
    #expect(throws: NativeError.belongsToOther(path: folder.file("home/roots"), user: 0)) {
      _ = try Descriptor.folder(".", below: folder.file("home/roots")).number
    }
  }

  /// In another user's folder a folder of ours may have been given the name of a draft. One that a killed process left
  /// is known by its mode.
  @Test(arguments: [true, false])
  func onlyDraftsOfOursAreRemoved(_ isTheirs: Bool) throws {
    try #require(geteuid() == 0, "to give files away takes root")
    _ = try run(
      """
      mkdir home home/.new.draft-1f; echo x >home/.new.draft-1f/file; chmod 700 home/.new.draft-1f
      mkdir -m 1700 home/.new.draft-2f; echo x >home/.new.draft-2f/file; chown \(isTheirs ? 12345 : 0) home
      """)
    try NewFolder.create(folder.file("home/new")).commit()
    #expect(
      try run("cd home; find . -printf '%P %m\\n' | sort | tail -n +2")
        == (isTheirs ? ".new.draft-1f 700\n.new.draft-1f/file 644\n" : "") + "new 700\n")
  }

  /// What is done to a new folder is done to the one that was made: nothing is written, given away or removed where
  /// its name leads by then.
  @Test(arguments: [true, false])
  func anExchangedDraftLeadsNowhere(_ commits: Bool) throws {
    try #require(geteuid() == 0, "to give files away takes root")
    _ = try run("mkdir -p outside/inner; echo x >outside/inner/file; chmod 640 outside/inner/file")
    let look = "find outside -printf '%p %U:%G %m %s\\n' | sort"
    let before = try run(look)
    func fill() throws {
      let new = try NewFolder.create(folder.file("new"))
      try new.makeFolder("inner")
      let draft = FilePath(new.draft).name
      _ = try run("mv \(draft) away; ln -s outside \(draft)")
      let text: [UInt8] = [1, 2]
      try new.write("inner/second", text.span)
      if commits { try new.commit(mode: 0o755, owner: FileOwner(user: 12345, group: 12345)) }
    }
    if commits {
      #expect(throws: NativeError.changedMeanwhile(path: folder.file("new"))) { try fill() }
    } else {
      try fill()
    }
    #expect(try run(look) == before)
    // The one that was made is emptied at most.
    #expect(try run("find away -type f") == "")
  }
}
