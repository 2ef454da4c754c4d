// Writing to descriptors that take little at a time, or nothing.

import Foundation
import Native
import Testing

@Suite struct ByteOutputTests {
  /// A pipe holds 64 KiB: 4 MB go through it in many short writes, blocking or not.
  @Test(arguments: [false, true])
  func everythingGetsOut(nonBlocking: Bool) async throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    if nonBlocking { #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0) }
    let bytes = (0..<4_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    Thread.detachNewThread {
      try? ByteOutput(descriptor: descriptor).write(bytes.span)
      try? pipe.fileHandleForWriting.close()
    }
    let received = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile())
      }
    }
    #expect(received == Data(bytes))
  }

  @Test func aFullDeviceIsAnError() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    #expect(throws: NativeError.system(call: "write", path: "", errno: ENOSPC)) {
      try ByteOutput(descriptor: full.fileDescriptor).write([1, 2, 3].span)
    }
  }

  @Test func aSecretIsWrittenAsItIs() throws {
    let pipe = Pipe()
    let secret = SecretBytes(copying: Array("c2VjcmV0".utf8).span)
    try ByteOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor).write(secret)
    try pipe.fileHandleForWriting.close()
    #expect(pipe.fileHandleForReading.readDataToEndOfFile() == Data("c2VjcmV0".utf8))
  }

  @Test func theSystemsWords() {
    #expect(SystemErrorKind.text(errno: ENOENT) == "No such file or directory")
    #expect(!SystemErrorKind.text(errno: 9999).isEmpty)
    #expect(SystemErrorKind(errno: EPERM) == .accessDenied)
    #expect(SystemErrorKind(errno: EDQUOT) == .noSpace)
    #expect(SystemErrorKind(errno: EIO) == .other)
  }
}
