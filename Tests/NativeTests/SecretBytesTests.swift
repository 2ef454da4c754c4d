import Foundation
import Native
import Outside
import Testing

/// A marker at one known address, and a search for it in all other memory of the process.
private struct Marker {
  // Needle and buffer in one mapping that the search leaves out.
  private let base: UnsafeMutableRawPointer
  // In Glibc, but not in its Swift module.
  private typealias Search =
    @convention(c) (
      UnsafeRawPointer, Int, UnsafeRawPointer, Int
    ) -> UnsafeRawPointer?
  private let memmem = unsafeBitCast(dlsym(nil, "memmem"), to: Search.self)
  private static let chunk = 1 << 20
  private static let length = chunk + 4096

  init() {
    base = mmap(
      nil, Marker.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    getentropy(base, 32)
  }

  func secret() -> SecretBytes {
    let bytes = UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: 32)
    return SecretBytes(copying: bytes.span)
  }

  func write(to path: String) {
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    _ = Glibc.write(file, base, 32)
    close(file)
  }

  /// Not with Foundation: it takes a short read of this file for its end.
  private static func maps() -> String {
    let file = open("/proc/self/maps", O_RDONLY)
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = read(file, &piece, piece.count)
      if got <= 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece[..<got]
    }
  }

  /// How often the marker is in writable memory.
  func copies() -> Int {
    let own = UInt(bitPattern: base)
    let memory = open("/proc/self/mem", O_RDONLY)
    defer { close(memory) }
    var found = 0
    for line in Marker.maps().split(separator: "\n") {
      let fields = line.split(separator: " ")
      let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard fields[1].hasPrefix("rw"), ends.count == 2 else { continue }
      var address = ends[0]
      while address < ends[1] {
        if address >= own, address < own + UInt(Marker.length) {
          address = own + UInt(Marker.length)
          continue
        }
        var length = min(UInt(Marker.chunk), ends[1] - address)
        if address < own { length = min(length, own - address) }
        let buffer = base + 4096
        let got = pread(memory, buffer, Int(length), off_t(address))
        guard got > 0 else { break }
        var start = 0
        while let hit = memmem(buffer + start, got - start, base, 32) {
          found += 1
          start = hit - UnsafeRawPointer(buffer) + 1
        }
        address += UInt(got)
      }
    }
    return found
  }
}

@Suite struct SecretBytesTests {
  @Test func equalityLooksAtEveryByteAndTheLength() {
    let bytes = Outside.random(33)
    let secret = SecretBytes(copying: bytes.span)
    let same = secret.equals(SecretBytes(copying: bytes.span))
    #expect(same)
    let shorter = secret.equals(secret.prefix(32))
    #expect(!shorter)
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 1
      let equal = secret.equals(SecretBytes(copying: other.span))
      #expect(!equal)
    }
  }

  @Test func newBytesAreZeroAndCanBeWritten() {
    var secret = SecretBytes(count: 5000)
    let fresh = secret.withBytes { [UInt8](copying: $0) }
    #expect(fresh == [UInt8](repeating: 0, count: 5000))
    secret.withMutableBytes { $0[4999] = 7 }
    let written = secret.withBytes { $0[4999] }
    #expect(written == 7)
    let empty = SecretBytes(count: 0).equals(SecretBytes(count: 0))
    #expect(empty)
  }

  @Test func nothingIsLeftInMemoryWhenASecretGoes() async {
    await #expect(processExitsWith: .success) {
      let marker = Marker()
      #expect(marker.copies() == 0)
      func live() {
        let secret = marker.secret()
        #expect(marker.copies() == 1)
        #expect(secret.count == 32)
      }
      live()
      #expect(marker.copies() == 0)
    }
  }

  @Test func aSecretReadFromAFileIsInMemoryOnceAndThenNotAtAll() async {
    await #expect(processExitsWith: .success) {
      let folder = ScratchFolder()
      let marker = Marker()
      marker.write(to: folder.file("secret"))
      func live() throws {
        let secret = try SecretFile.read(folder.file("secret"), limit: 100)
        #expect(marker.copies() == 1)
        #expect(secret.count == 32)
      }
      try live()
      #expect(marker.copies() == 0)
    }
  }
}

@Suite struct HardeningTests {
  @Test func coreDumpsAreOffAndTheProcessIsUnreadable() async {
    await #expect(processExitsWith: .success) {
      Hardening.disableCoreDumps()
      let limits = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
      let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
      #expect(core?.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
      // prctl is variadic, which Swift does not call; 3 is PR_GET_DUMPABLE.
      typealias Call = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
      let prctl = unsafeBitCast(dlsym(nil, "prctl"), to: Call.self)
      #expect(prctl(3, 0, 0, 0, 0) == 0)
    }
  }

  @Test func aClosedPipeIsAnErrorAndNotTheEnd() async {
    await #expect(processExitsWith: .success) {
      Hardening.turnWriteSignalsIntoErrors()
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      close(ends[0])
      #expect(write(ends[1], "x", 1) == -1)
      #expect(errno == EPIPE)
    }
  }
}
