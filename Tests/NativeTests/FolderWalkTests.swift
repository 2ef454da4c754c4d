// A walk through folders, whatever is in them.

import Foundation
import Native
import Outside
import Testing

@Suite struct FolderWalkTests {
  /// What a walk finds: the last 32 bytes of each file, and the rest by its kind.
  private func walk(_ path: String) throws -> (files: [String], others: Int, faults: [NativeError])
  {
    let walk = try FolderWalk(path)
    var (files, others, faults): ([String], Int, [NativeError]) = ([], 0, [])
    while let found = walk.next() {
      switch found {
      case .file:
        let end = try walk.end(count: 4)
        files.append("\(end.size) " + Outside.text(end.bytes))
      case .other: others += 1
      case .unreadable(let error): faults.append(error)
      }
    }
    return (files.sorted(), others, faults)
  }

  @Test func everyFileIsFoundOnceAndLinksAreNotFollowed() throws {
    let folder = ScratchFolder()
    try Outside.run(
      [
        "bash", "-euc",
        #"""
        mkdir -p a/b empty .hidden $'n\xff'; printf 123456 >a/b/x; printf 12 >$'n\xff/\xfe'
        touch none; printf 1234 >.hidden/y; ln -s a link; ln -s . a/loop; ln -s gone dangling; mkfifo pipe
        """#,
      ], directory: folder.path)
    let found = try walk(folder.path)
    #expect(found.files == ["0 ", "2 12", "4 1234", "6 3456"])
    #expect(found.others == 4 && found.faults.isEmpty)
  }

  @Test func onlyAFolderCanBeWalkedThrough() throws {
    let folder = ScratchFolder()
    let (file, link) = (folder.file("a", []), folder.file("b"))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/")
    for (path, code) in [(file, ENOTDIR), (link, ELOOP), (folder.file("c"), ENOENT)] {
      #expect(throws: NativeError.system(call: "open", path: path, errno: code)) {
        _ = try FolderWalk(path)
      }
    }
  }

  @Test func theDepthIsLimitedAndWhatIsDeeperNamed() throws {
    let folder = ScratchFolder()
    try Outside.run(
      ["bash", "-euc", "for _ in {1..150}; do touch x; mkdir d; cd d; done"], directory: folder.path
    )
    let found = try walk(folder.path)
    #expect(found.files.count == FolderWalk.maximumDepth)
    let deepest = folder.path + String(repeating: "/d", count: FolderWalk.maximumDepth)
    #expect(found.faults == [.system(call: "open", path: deepest, errno: ENAMETOOLONG)])
  }
}
