// Random bytes from libcrypto's generator, seeded by the system. Drawn 4 KiB at a time: one call for
// each initialization vector costs a hundred times as much.

internal import CLibCrypto

package final class RandomBytes {
  private var pool = [UInt8](repeating: 0, count: 4096)
  private var used: Int

  /// An empty pool; it is filled on first use.
  package init() { used = pool.count }

  /// Copies 16 fresh bytes, an initialization vector, over the first 16 bytes of `target`.
  package func fillVector(_ target: inout [UInt8]) throws(NativeError) {
    if used + 16 > pool.count {
      let drawn = unsafe RAND_bytes(&pool, Int32(pool.count))
      guard drawn == 1 else { throw cryptoFailure("RAND_bytes") }
      used = 0
    }
    for index in 0..<16 { target[index] = pool[used + index] }
    used += 16
  }

  /// A secret of `count` random bytes, from the generator for private keys.
  package static func secret(count: Int) throws(NativeError) -> SecretBytes {
    var secret = SecretBytes(count: count)
    let drawn = unsafe secret.withMutableMemory {
      unsafe RAND_priv_bytes($0.baseAddress, Int32($0.count))
    }
    guard drawn == 1 else { throw cryptoFailure("RAND_priv_bytes") }
    return secret
  }
}
