// gzip streams over zlib. The state is reused: setting it up costs more than a small document.

internal import CZlib

@safe
package final class Gzip {
  // At fixed addresses, because zlib keeps a pointer to its stream.
  private let inflater: UnsafeMutablePointer<z_stream>  // owned
  private let deflater: UnsafeMutablePointer<z_stream>  // owned
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  package init() {
    unsafe inflater = .allocate(capacity: 1)
    unsafe deflater = .allocate(capacity: 1)
    unsafe inflater.initialize(to: z_stream())
    unsafe deflater.initialize(to: z_stream())
    // 15 bits of window, 16 more for a gzip header and trailer.
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let inflating = unsafe inflateInit2_(inflater, 15 + 16, ZLIB_VERSION, size)
    let deflating = unsafe deflateInit2_(
      deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    precondition(inflating == Z_OK && deflating == Z_OK, "out of memory")
  }

  deinit {
    unsafe inflateEnd(inflater)
    unsafe deflateEnd(deflater)
    unsafe inflater.deallocate()
    unsafe deflater.deallocate()
  }

  /// Unpacks all members of a file: gzip allows several in a row.
  ///
  /// - Throws: `NativeError.damagedGzip` if it is not one, is cut off, or is followed by other bytes;
  ///   `.gzipTooLarge` if it holds more than `limit` bytes. `output` then has what came before the fault, and never more
  ///   than `limit`.
  package func unpack(
    _ stream: Span<UInt8>, limit: Int, appendingTo output: inout [UInt8]
  ) throws(NativeError) {
    let start = output.count
    // An array that grows by doubling would hold up to three times as much for a moment.
    output.reserveCapacity(start + min(claimedLength(stream), limit))
    var rest = stream
    repeat {
      let member = rest
      unsafe inflateReset(inflater)
      let room = limit - (output.count - start)
      let result = unsafe run(inflater, member, limit: room, into: &output) {
        unsafe inflate($0, Z_NO_FLUSH)
      }
      if result == Z_MEM_ERROR { throw .gzipTooLarge(limit: limit) }
      guard result == Z_STREAM_END else {
        let isCut = result == Z_BUF_ERROR
        let reason = unsafe inflater.pointee.msg.map { unsafe String(cString: $0) }
        throw .damagedGzip(reason: isCut ? "it is cut off" : reason ?? "code \(result)")
      }
      rest = unsafe member.extracting(last: Int(inflater.pointee.avail_in))
      guard rest.isEmpty || Gzip.begins(rest) else {
        throw .damagedGzip(reason: "more bytes follow its end")
      }
    } while !rest.isEmpty
  }

  /// Whether a member may begin here: the two bytes of its mark, and the only method there is (RFC 1952).
  package static func begins(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 18 && bytes[0] == 0x1F && bytes[1] == 0x8B && bytes[2] == 8
  }

  /// The length of the contents by the last four bytes, and not more than deflate can pack so small.
  private func claimedLength(_ stream: Span<UInt8>) -> Int {
    guard stream.count >= 18 else { return 0 }
    var length = 0
    for index in 0..<4 { length |= Int(stream[stream.count - 4 + index]) << (index * 8) }
    return min(length, stream.count * 1040)
  }

  /// Appends `contents` as one gzip stream without a name or a time to `output`.
  package func pack(_ contents: Span<UInt8>, appendingTo output: inout [UInt8]) {
    unsafe deflateReset(deflater)
    let result = unsafe run(deflater, contents, limit: .max, into: &output) {
      unsafe deflate($0, Z_FINISH)
    }
    precondition(result == Z_STREAM_END)
  }

  /// Feeds `input` to a stream and appends its output, until `step` answers anything but `Z_OK`.
  ///
  /// - Returns: the last answer; `Z_MEM_ERROR` after more than `limit` bytes.
  private func run(
    _ stream: UnsafeMutablePointer<z_stream>, _ input: Span<UInt8>, limit: Int,
    into output: inout [UInt8], _ step: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> Int32 {
    let start = output.count
    return unsafe input.withUnsafeBufferPointer { input in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(input.count)
      var result = Z_OK
      while result == Z_OK {
        let count = chunk.count
        let produced = unsafe chunk.withUnsafeMutableBufferPointer { room in
          unsafe stream.pointee.next_out = room.baseAddress
          unsafe stream.pointee.avail_out = UInt32(count)
          result = unsafe step(stream)
          return unsafe count - Int(stream.pointee.avail_out)
        }
        guard produced <= limit - (output.count - start) else { return Z_MEM_ERROR }
        output.append(contentsOf: chunk[..<produced])
      }
      return result
    }
  }
}
