// A growing scratch buffer for plaintexts, in locked memory: reused from value to value, wiped by whoever has no more
// use for the last one, when it grows, and at its end.

internal import CLibCrypto

@safe
package final class SecretBuffer {
  // Visible to other modules only through inlined code: this is the inner loop of a rotation.
  @usableFromInline private(set) var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// How much of the memory has held something since it was wiped.
  private var touched = 0

  package private(set) var count = 0

  package init(capacity: Int = 4096) {
    unsafe base = SecretBuffer.memory(capacity)
    self.capacity = capacity
  }

  deinit { unsafe LockedMemory.free(base) }

  private static func memory(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
    unsafe LockedMemory.allocate(capacity).assumingMemoryBound(to: UInt8.self)
  }

  @inlinable
  package func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = unsafe UnsafeBufferPointer(start: base, count: count)
    return try unsafe body(bytes.span)
  }

  /// Compares in a time that depends on the lengths alone.
  package func equals(_ other: SecretBuffer) -> Bool {
    unsafe count == other.count && CRYPTO_memcmp(base, other.base, count) == 0
  }

  package func wipe() {
    unsafe OPENSSL_cleanse(base, touched)
    (count, touched) = (0, 0)
  }

  package func fill(_ bytes: Span<UInt8>) {
    let target = unsafe reserve(bytes.count)
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe target.update(from: start, count: source.count) }
    }
    use(bytes.count)
  }

  /// The bytes in use with `padding` more of that value behind them, which are not in use. The caller may change them for
  /// a while.
  func padded(by padding: Int) -> UnsafeMutablePointer<UInt8> {
    let length = count + padding
    if length > capacity {
      let larger = unsafe SecretBuffer.memory(length)
      unsafe larger.update(from: base, count: count)
      unsafe LockedMemory.free(base)
      unsafe base = larger
      capacity = length
    }
    unsafe (base + count).update(repeating: UInt8(padding), count: padding)
    touched = max(touched, length)
    return unsafe base
  }

  /// Memory for at least `length` bytes; the contents may be lost. `use(_:)` then sets how many are used.
  func reserve(_ length: Int) -> UnsafeMutablePointer<UInt8> {
    if length > capacity {
      unsafe LockedMemory.free(base)
      capacity = max(length, capacity * 2)
      unsafe base = SecretBuffer.memory(capacity)
      touched = 0
    }
    return unsafe base
  }

  func use(_ length: Int) {
    precondition(length <= capacity)
    count = length
    touched = max(touched, length)
  }
}
