// scrypt (RFC 7914) over libcrypto: a key from a passphrase, at a cost that makes brute force expensive.

internal import CLibCrypto

package struct Scrypt: Hashable, Sendable {
  /// The number of rows in the large table, a power of two (N).
  package let cost: Int
  /// The size of a row, in units of 128 bytes (r).
  package let blockSize: Int
  /// The number of independent computations, made one after the other (p).
  package let parallelism: Int

  /// The parameters for new files: 128 MiB of memory and about half a second.
  package static let standard = Scrypt(unchecked: 1 << 17, blockSize: 8, parallelism: 1)

  private init(unchecked cost: Int, blockSize: Int, parallelism: Int) {
    self.cost = cost
    self.blockSize = blockSize
    self.parallelism = parallelism
  }

  /// Parameters read from a file; nil if they are invalid, or would take more than four times the
  /// memory or eight times the time of the standard: a file must not be able to exhaust the machine.
  package init?(cost: Int, blockSize: Int, parallelism: Int) {
    guard (2...1 << 20).contains(cost), cost & (cost - 1) == 0, (1...64).contains(blockSize),
      (1...64).contains(parallelism),
      cost * blockSize <= 4 * Scrypt.standard.cost * Scrypt.standard.blockSize,
      cost * blockSize * parallelism <= 8 * Scrypt.standard.cost * Scrypt.standard.blockSize
    else { return nil }
    self.init(unchecked: cost, blockSize: blockSize, parallelism: parallelism)
  }

  /// - Throws: `NativeError.crypto`, for example where memory is short.
  package func key(
    from passphrase: borrowing SecretBytes, salt: [UInt8], length: Int
  ) throws(NativeError) -> SecretBytes {
    var key = SecretBytes(count: length)
    // The table and the working blocks, and 1 MiB to spare.
    let memory = UInt64(128 * blockSize * (cost + parallelism + 2) + (1 << 20))
    let (cost, blockSize, parallelism) = (UInt64(cost), UInt64(blockSize), UInt64(parallelism))
    let done = unsafe key.withMutableMemory { output in
      unsafe passphrase.withMemory { passphrase in
        let input = unsafe UnsafeRawPointer(passphrase.baseAddress)
        return unsafe EVP_PBE_scrypt(
          input?.assumingMemoryBound(to: CChar.self), passphrase.count, salt, salt.count, cost,
          blockSize, parallelism, memory, output.baseAddress, output.count)
      }
    }
    guard done == 1 else { throw cryptoFailure("EVP_PBE_scrypt") }
    return key
  }
}
