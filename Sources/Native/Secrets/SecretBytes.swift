// The only owner of key bytes: pages of their own, locked, left out of core dumps, wiped before they
// are freed. Copying, printing or interpolating one does not compile.

internal import CLibCrypto
internal import Glibc

/// A fixed number of secret bytes.
///
/// Where Linux does not lock them, because the user's limit is used up, they are as good as any: see
/// `LockedMemory.isLocked`.
@safe
package struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer never leaves this value, and mutation needs exclusive access to it.
  private let base: UnsafeMutableRawPointer
  private let mappedLength: Int

  package let count: Int

  package init(count: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let length = max(1, (count + page - 1) / page) * page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let memory = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe memory != MAP_FAILED
    else { fatalError("out of memory") }
    if unsafe mlock(memory, length) != 0 { LockedMemory.noteRefusal() }
    unsafe madvise(memory, length, Int32(MADV_DONTDUMP))
    unsafe base = memory
    self.count = count
    mappedLength = length
  }

  /// Copies `bytes`; the caller wipes its own copy if it has one.
  package init(copying bytes: Span<UInt8>) {
    self.init(count: bytes.count)
    for index in bytes.indices {
      unsafe base.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
    }
  }

  deinit {
    unsafe OPENSSL_cleanse(base, mappedLength)
    unsafe munlock(base, mappedLength)
    unsafe munmap(base, mappedLength)
    LockedMemory.wipeStack()
  }

  package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withMemory { (bytes) throws(Failure) in try unsafe body(bytes.span) }
  }

  package mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withMutableMemory { (bytes) throws(Failure) in
      var span = unsafe bytes.mutableSpan
      return try body(&span)
    }
  }

  /// Lends the memory to calls into C.
  borrowing func withMemory<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(.init(start: base.assumingMemoryBound(to: UInt8.self), count: count))
  }

  mutating func withMutableMemory<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(.init(start: base.assumingMemoryBound(to: UInt8.self), count: count))
  }

  package borrowing func prefix(_ length: Int) -> SecretBytes {
    withBytes { SecretBytes(copying: $0.extracting(0..<length)) }
  }

  /// Compares in a time that depends on the lengths alone.
  package borrowing func equals(_ other: borrowing SecretBytes) -> Bool {
    guard count == other.count else { return false }
    return unsafe CRYPTO_memcmp(base, other.base, count) == 0
  }
}
