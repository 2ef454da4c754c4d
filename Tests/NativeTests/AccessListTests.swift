// Access control lists as setfacl makes them.

import Foundation
import Native
import Outside
import Testing

@Suite struct AccessListTests {
  @Test(arguments: [
    ("u:777:rwx", [AccessList.Entry.user(777)]), ("u:777:r-x,g:778:-w-", [.group(778)]),
    ("u:1:rw-,u:2:-w-,g:3:rwx,g:4:r--", [.user(1), .user(2), .group(3)]),
    ("u::rwx,g::rwx,o::rwx", []),
  ])
  func whoMayWriteIsNamed(_ list: String, _ writers: [AccessList.Entry]) throws {
    let folder = ScratchFolder()
    try Outside.run("setfacl", "-m", list, folder.path)
    #expect(try AccessList.writers(of: folder.path) == writers)
  }

  @Test func aFolderWithoutAListNamesNobody() throws {
    let folder = ScratchFolder()
    #expect(try AccessList.writers(of: folder.path) == [])
    #expect(throws: NativeError.self) { try AccessList.writers(of: "/nowhere") }
  }
}
