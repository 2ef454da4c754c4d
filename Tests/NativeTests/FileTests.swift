import Foundation
import Native
import Outside
import Testing

@Suite struct SecretFileTests {
  private func contents(_ secret: borrowing SecretBytes) -> [UInt8] {
    secret.withBytes { [UInt8](copying: $0) }
  }

  @Test(arguments: [0, 1, 4096, 4097, 100_000])
  func aFileIsReadWhole(length: Int) throws {
    let folder = ScratchFolder()
    let bytes = Outside.random(length)
    let path = folder.file("secret", bytes)
    #expect(contents(try SecretFile.read(path, limit: length)) == bytes)
    #expect(contents(try SecretFile.read(path, limit: 1 << 20)) == bytes)
    if length > 0 {
      #expect(throws: NativeError.tooLarge(path: path, limit: length - 1)) {
        _ = try SecretFile.read(path, limit: length - 1)
      }
    }
  }

  @Test func aPipeIsReadToItsEndAndNoFurtherThanTheLimit() throws {
    let bytes = Outside.random(50_000)
    var ends: [Int32] = [0, 0]
    for limit in [50_000, 49_999] {
      pipe(&ends)
      // Fewer bytes than a pipe takes without a reader.
      #expect(write(ends[1], bytes, bytes.count) == bytes.count)
      close(ends[1])
      let path = "/dev/fd/\(ends[0])"
      if limit == bytes.count {
        #expect(contents(try SecretFile.read(path, limit: limit)) == bytes)
      } else {
        #expect(throws: NativeError.tooLarge(path: path, limit: limit)) {
          _ = try SecretFile.read(path, limit: limit)
        }
      }
      close(ends[0])
    }
  }

  @Test func standardInputIsReadAndStaysOpen() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      dup2(ends[0], 0)
      write(ends[1], "secret", 6)
      close(ends[1])
      let secret = try SecretFile.readStandardInput(limit: 100)
      #expect(secret.withBytes { [UInt8](copying: $0) } == Array("secret".utf8))
      #expect(fcntl(0, F_GETFD) >= 0)
    }
  }

  @Test func aFolderIsRefusedAndWhatIsMissingNamed() {
    let folder = ScratchFolder()
    #expect(throws: NativeError.notAFile(path: folder.path)) {
      _ = try SecretFile.read(folder.path, limit: 10)
    }
    let path = folder.file("missing")
    #expect(throws: NativeError.system(call: "open", path: path, errno: ENOENT)) {
      _ = try SecretFile.read(path, limit: 10)
    }
  }
}

@Suite struct NewFileTests {
  @Test(arguments: [0o000, 0o777])
  func itIsForTheOwnerAloneWhateverTheUmask(umask mask: Int) async {
    await #expect(processExitsWith: .success) { [mask] in
      let folder = ScratchFolder()
      let path = folder.file("new")
      umask(mode_t(mask))
      let file = try NewFile.create(path, contents: [1, 2, 3].span)
      file.commit()
      umask(0o022)
      #expect(try FileStatus.read(path).mode == 0o600)
      #expect(Outside.bytes(path) == [1, 2, 3])
    }
  }

  @Test func aDefaultACLOfTheFolderGivesNobodyAnything() throws {
    let folder = ScratchFolder()
    _ = try Outside.run("setfacl", "-d", "-m", "u:nobody:rwx", folder.path)
    let file = try NewFile.create(folder.file("new"), contents: [1].span)
    file.commit()
    let list = Outside.text(try Outside.run("getfacl", "-cE", folder.file("new")))
    #expect(list.split(separator: "\n") == ["user::rw-", "group::---", "other::---"])
  }

  @Test func whatIsThereIsNeverOverwritten() throws {
    let folder = ScratchFolder()
    let file = folder.file("there", [9])
    let link = folder.file("link")
    symlink(folder.file("nowhere"), link)
    for path in [file, link] {
      #expect(throws: NativeError.alreadyExists(path: path)) {
        _ = try NewFile.create(path, contents: [1].span)
      }
    }
    #expect(Outside.bytes(file) == [9])
    #expect(folder.names == ["link", "there"])
  }

  @Test func withoutCommitItGoes() throws {
    let folder = ScratchFolder()
    do {
      let file = try NewFile.create(folder.file("new"), contents: [1].span)
      #expect(folder.names == ["new"])
      #expect(!file.path.isEmpty)
    }
    #expect(folder.names == [])
  }

  @Test func somebodyElsesFileInItsPlaceStays() throws {
    let folder = ScratchFolder()
    do {
      let file = try NewFile.create(folder.file("new"), contents: [1].span)
      rename(folder.file("other", [2]), file.path)
    }
    #expect(Outside.bytes(folder.file("new")) == [2])
  }

  @Test func aFullDeviceLeavesNothingBehind() async {
    await #expect(processExitsWith: .success) {
      let folder = ScratchFolder()
      let path = folder.file("new")
      // The first write stops short at the limit, the second fails.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      limit.rlim_cur = 1000
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let contents = [UInt8](repeating: 1, count: 5000)
      #expect(throws: NativeError.system(call: "write", path: path, errno: EFBIG)) {
        _ = try NewFile.create(path, contents: contents.span)
      }
      #expect(folder.names == [])
    }
  }
}

@Suite struct FileLockTests {
  private func acquire(_ path: String) throws -> Bool { try FileLock.acquire(path) != nil }

  @Test func ofTwoTheSecondIsBusyAndLaterFree() throws {
    let folder = ScratchFolder()
    let path = folder.file("lock")
    do {
      let lock = try FileLock.acquire(path)
      let held = lock != nil
      #expect(held)
      #expect(try FileStatus.read(path).mode == 0o600)
      #expect(try !acquire(path))
      #expect(folder.names == ["lock"])
      _ = consume lock
    }
    #expect(folder.names == [])
    #expect(try acquire(path))
  }

  @Test func anotherProcessIsAnObstacleWhileItLivesAndNoneWhenItIsDead() throws {
    let folder = ScratchFolder()
    let path = folder.file("lock")
    let holder = Process()
    let output = Pipe()
    let input = Pipe()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = """
      import fcntl, sys
      lock = open(sys.argv[1], 'w')
      fcntl.flock(lock, fcntl.LOCK_EX)
      print('held', flush=True)
      sys.stdin.read()
      """
    holder.arguments = ["python3", "-c", script, path]
    holder.standardOutput = output
    holder.standardInput = input
    try holder.run()
    #expect(!output.fileHandleForReading.availableData.isEmpty)
    #expect(try !acquire(path))
    kill(holder.processIdentifier, SIGKILL)
    holder.waitUntilExit()
    #expect(folder.names == ["lock"])
    #expect(try acquire(path))
  }

  @Test func ofManyAtOnceNeverTwoHoldIt() async throws {
    let folder = ScratchFolder()
    let (path, inside) = (folder.file("lock"), folder.file("inside"))
    let overlaps = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var overlaps = 0
          for _ in 0..<500 {
            guard let lock = try FileLock.acquire(path) else { continue }
            // An exclusive creation checks it independently.
            if open(inside, O_CREAT | O_EXCL | O_CLOEXEC, 0o600) < 0 { overlaps += 1 }
            unlink(inside)
            _ = consume lock
          }
          return overlaps
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(overlaps == 0)
  }

  @Test func aSymbolicLinkOrPipeInItsPlaceIsRefused() throws {
    let folder = ScratchFolder()
    let target = folder.file("target", [1])
    symlink(target, folder.file("link"))
    #expect(throws: NativeError.system(call: "open", path: folder.file("link"), errno: ELOOP)) {
      _ = try acquire(folder.file("link"))
    }
    mkfifo(folder.file("pipe"), 0o600)
    #expect(throws: NativeError.notPlain(path: folder.file("pipe"), .pipe)) {
      _ = try acquire(folder.file("pipe"))
    }
    #expect(Outside.bytes(target) == [1])
  }
}

/// What the owner of a folder may put in the place of root's lock.
@Suite struct PlantedLockTests {
  /// A folder of user 12345 and, outside, a file of root's; `stat` and contents of both.
  private func tried(_ plant: String) throws -> (error: NativeError?, kept: Bool) {
    try #require(geteuid() == 0, "files of other users take root to make")
    let folder = ScratchFolder()
    try Outside.run(
      "sh", "-c",
      """
      cd \(folder.path); mkdir theirs; printf x >outside; : >empty; chmod 640 outside empty
      cd theirs; \(plant); chown 12345:12345 .
      """)
    let look = "cd \(folder.path); stat -c '%n %u:%g %a %h %s %F' outside empty theirs/* | sort"
    let before = try Outside.run("sh", "-c", look)
    var error: NativeError?
    // Of the config, which may be another one than the folder's.
    try Outside.run("sh", "-c", "cd \(folder.path); : >config; chown 54321:54321 config")
    let owner = try FileStatus.read(folder.file("config")).owner
    do throws(NativeError) {
      _ = try FileLock.acquire(folder.file("theirs/lock"), owner: owner) != nil
    } catch let refusal {
      error = refusal
    }
    return (error, try Outside.run("sh", "-c", look) == before)
  }

  @Test(arguments: [
    "ln ../outside lock", "ln ../empty lock", "ln -s ../outside lock", "ln -s nowhere lock",
    "cp -p ../outside lock", "mkfifo lock", "mkdir lock", "mknod lock c 1 3",
    ": >lock; chown 777 lock",
  ])
  func isRefusedAndLeftAsItIs(_ plant: String) throws {
    let (error, kept) = try tried(plant)
    #expect(error != nil && kept, "\(String(describing: error))")
  }

  /// A lock that a crash has left is taken, and its mode and owner are left as they are until it goes.
  @Test(arguments: [": >lock", ": >lock; chown 12345 lock", ": >lock; chown 54321 lock"])
  func aLeftoverIsTaken(_ plant: String) throws {
    #expect(try tried(plant).error == nil)
  }
}

@Suite struct FolderEntryTests {
  @Test func entriesAreNotFollowedBelowTheRoot() throws {
    let folder = ScratchFolder()
    try Outside.run(
      "sh", "-c",
      """
      cd \(folder.path); mkdir -p real/a/b; ln -s real root; cd real/a; echo x >b/file; ln -s b link
      ln -s nowhere gone; mkfifo pipe; ln -s pipe other; echo x >"$(printf 'caf\\351')"
      """)
    let root = folder.path + "/root"
    let entries = try FolderEntry.all(in: "a", below: root)
    #expect(entries.map(\.name) == ["b", "caf\u{FFFD}", "gone", "link", "other", "pipe"])
    #expect(
      entries.map(\.status.kind)
        == [.folder, .regular, .symbolicLink, .symbolicLink, .symbolicLink, .pipe])
    #expect(entries.map(\.target) == [nil, nil, nil, .folder, .pipe, nil])
    #expect(entries.filter { !$0.isNamedInUTF8 }.map(\.name) == ["caf\u{FFFD}"])
    #expect(try FolderEntry.all(in: ".", below: root).map(\.name) == ["a"])
    #expect(try FolderEntry.all(in: "a/b", below: root).map(\.name) == ["file"])
    #expect(try FileContents.read("a/b/file", below: root, limit: 9).bytes == Array("x\n".utf8))
    let link = NativeError.changedMeanwhile(path: root + "/a/link")
    #expect(throws: link) { try FolderEntry.all(in: "a/link", below: root) }
    #expect(throws: link) { try FileContents.read("a/link/file", below: root, limit: 9) }
    #expect(throws: link) { try FileContents.read("a/link", below: root, limit: 9) }
    #expect(throws: NativeError.notAFile(path: root + "/a/pipe")) {
      try FileContents.read("a/pipe", below: root, limit: 9)
    }
    #expect(throws: NativeError.system(call: "open", path: root + "/none", errno: ENOENT)) {
      try FolderEntry.all(in: "none", below: root)
    }
  }
}
