// A growing scratch buffer for plaintexts: reused from value to value, wiped when it grows and at its
// end. Not locked: a certificate or a script may be larger than what a user may lock.

internal import CLibCrypto

@safe
package final class SecretBuffer {
  // Visible to other modules only through inlined code: this is the inner loop of a rotation.
  @usableFromInline private(set) var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  package private(set) var count = 0

  package init(capacity: Int = 4096) {
    unsafe base = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  deinit {
    unsafe OPENSSL_cleanse(base, capacity)
    unsafe base.deallocate()
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
    unsafe OPENSSL_cleanse(base, count)
    count = 0
  }

  package func fill(_ bytes: Span<UInt8>) {
    let target = unsafe reserve(bytes.count)
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe target.update(from: start, count: source.count) }
    }
    count = bytes.count
  }

  /// Appends a copy of the bytes in use to `output`, where they are to be encrypted.
  func append(to output: inout [UInt8]) {
    unsafe output.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
  }

  /// Memory for at least `length` bytes; the contents may be lost. `use(_:)` then sets how many are used.
  func reserve(_ length: Int) -> UnsafeMutablePointer<UInt8> {
    if length > capacity {
      unsafe OPENSSL_cleanse(base, capacity)
      unsafe base.deallocate()
      capacity = max(length, capacity * 2)
      unsafe base = .allocate(capacity: capacity)
    }
    return unsafe base
  }

  func use(_ length: Int) {
    precondition(length <= capacity)
    count = length
  }
}
