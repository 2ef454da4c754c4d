// Unbuffered writing to a descriptor: nothing is left to flush, and no library keeps a copy of a secret.
// It neither opens nor closes the descriptor.

internal import Glibc

package struct ByteOutput: Sendable {
  package static let standardOutput = ByteOutput(descriptor: 1)
  package static let standardError = ByteOutput(descriptor: 2)

  package let descriptor: Int32
  private let path: String

  /// Writes to a descriptor that stays open for as long as this value is used.
  ///
  /// - Parameter path: for errors only.
  package init(descriptor: Int32, path: String = "") {
    self.descriptor = descriptor
    self.path = path
  }

  /// Writes all of `bytes`, in as many steps as the system needs.
  ///
  /// - Throws: `NativeError.system` with the call `write`.
  package func write(_ bytes: Span<UInt8>) throws(NativeError) {
    try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(NativeError) in
      guard let base = buffer.baseAddress else { return }
      var written = 0
      while written < buffer.count {
        let step = unsafe Glibc.write(descriptor, base + written, buffer.count - written)
        if step >= 0 {
          written += step
          continue
        }
        let number = errno
        switch number {
        case EINTR: continue
        case EAGAIN:
          // Another process that shares the open file made it non-blocking.
          var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          unsafe poll(&wanted, 1, -1)
        default: throw .system(call: "write", path: path, errno: number)
        }
      }
    }
  }

  /// Writes a secret straight from its own memory.
  package func write(_ secret: borrowing SecretBytes) throws(NativeError) {
    try secret.withBytes { (bytes) throws(NativeError) in try write(bytes) }
  }
}
