// The list of a backup's files: what sha256sum(1) writes is read, and nothing that leads out of the folder.

import Outside
import Testing

@testable import OctopusKeys

@Suite struct ChecksumTests {
  private static let digest = String(repeating: "0aF", count: 21) + "9"

  private func names(_ list: String) -> Set<String>? {
    Checksums(text: Array(list.utf8)).map { Set($0.digests.keys.map(\.text)) }
  }

  @Test func theListIsThatOfAnotherProgram() throws {
    let folder = ScratchFolder()
    let accents = ["\\\u{301}", "\u{301}x", "x\n\u{301}"]
    for name in ["b", "a", "a\nb\\", "ü"] + accents { _ = folder.file(name, Array(name.utf8)) }
    let list = try Outside.run(
      ["sh", "-c", #"LC_ALL=C sha256sum -- *"#], directory: folder.path)
    let checksums = try Checksums(of: folder.path)
    #expect(checksums.digests.count == 7)
    #expect(Outside.text(checksums.text) == Outside.text(list))
    #expect(Checksums(text: list) == checksums)
  }

  @Test func aDigestHas64DigitsAndTwoBlanksBehindIt() {
    let digest = Self.digest
    #expect(names("\(digest)  a\n\(digest)  b/c") == ["a", "b/c"])
    for list in [
      "", "\(digest) a", "\(digest) *a", "\(digest)0  a", "\(digest.dropLast())  a",
      "\(digest.dropLast())g  a", "\(digest)  ", "\(digest)  a\n\(digest)  a",
    ] {
      #expect(names(list) == nil, "\(list)")
    }
  }

  @Test(arguments: [
    "/a", "..", "a/../b", "a//b", "./a", "a/", "a\0", "../\u{301}", "/\u{301}x", "a/../\u{301}",
  ])
  func aNameThatLeadsOutOfTheFolderIsRefused(_ name: String) {
    #expect(names("\(Self.digest)  \(name)") == nil)
  }
}
