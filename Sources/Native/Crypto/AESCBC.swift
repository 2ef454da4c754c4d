// AES in CBC mode with PKCS #7 padding over libcrypto. One context for each key and direction, made
// once: only the initialization vector changes from value to value.
//
// Giving a context a new vector costs three times as much as decrypting a short value. So none is ever
// reset: the first block is corrected by the XOR of the vector and the last ciphertext block before it.
//
// CBC is unauthenticated: a wrong key passes the padding check once in 256 times. So `decrypt` returns
// the length of the padding, and the caller decides.

internal import CLibCrypto

/// One AES key (128, 192 or 256 bits), ready to decrypt and encrypt.
@safe
package final class AESCBC {
  /// The length of a block and of an initialization vector, in bytes.
  package static let blockLength = 16

  private let decryption: OpaquePointer  // owned
  private let encryption: OpaquePointer  // owned
  // The last ciphertext blocks that the contexts saw.
  private var decryptionChain = SIMD16<UInt8>(repeating: 0)
  private var encryptionChain = SIMD16<UInt8>(repeating: 0)

  package init(key: borrowing SecretBytes) throws(NativeError) {
    precondition([16, 24, 32].contains(key.count))
    let name = "AES-\(key.count * 8)-CBC"
    guard let cipher = unsafe EVP_CIPHER_fetch(nil, name, nil) else {
      throw cryptoFailure("EVP_CIPHER_fetch")
    }
    // The contexts hold a reference of their own.
    defer { unsafe EVP_CIPHER_free(cipher) }
    guard let decryption = unsafe EVP_CIPHER_CTX_new() else {
      throw cryptoFailure("EVP_CIPHER_CTX_new")
    }
    guard let encryption = unsafe EVP_CIPHER_CTX_new() else {
      unsafe EVP_CIPHER_CTX_free(decryption)
      throw cryptoFailure("EVP_CIPHER_CTX_new")
    }
    unsafe self.decryption = decryption
    unsafe self.encryption = encryption
    let vector = [UInt8](repeating: 0, count: AESCBC.blockLength)
    let done = unsafe key.withMemory { key in
      unsafe EVP_DecryptInit_ex2(decryption, cipher, key.baseAddress, vector, nil) == 1
        && EVP_EncryptInit_ex2(encryption, cipher, key.baseAddress, vector, nil) == 1
        && EVP_CIPHER_CTX_set_padding(decryption, 0) == 1
        && EVP_CIPHER_CTX_set_padding(encryption, 0) == 1
    }
    LockedMemory.wipeStack()
    guard done else { throw cryptoFailure("EVP_CipherInit_ex2") }
  }

  deinit {
    unsafe EVP_CIPHER_CTX_free(decryption)
    unsafe EVP_CIPHER_CTX_free(encryption)
  }

  /// Decrypts an initialization vector followed by whole blocks of ciphertext.
  ///
  /// - Returns: the number of padding bytes (1 to 16), or nil if the padding is wrong; then
  ///   `plaintext` is empty.
  package func decrypt(
    vectorAndCiphertext bytes: Span<UInt8>, into plaintext: SecretBuffer
  ) throws(NativeError) -> Int? {
    let length = bytes.count - AESCBC.blockLength
    precondition(length > 0 && length % AESCBC.blockLength == 0)
    let output = unsafe plaintext.reserve(length)
    plaintext.use(0)
    var written: Int32 = 0
    let done = unsafe bytes.withUnsafeBufferPointer { input -> Bool in
      guard let vector = input.baseAddress else { return false }
      return unsafe decryptBlocks(after: vector, count: length, into: output, &written)
    }
    guard done, Int(written) == length else { throw cryptoFailure("EVP_DecryptUpdate") }
    plaintext.use(length)
    guard let padding = unsafe AESCBC.padding(before: output + length) else {
      plaintext.wipe()
      return nil
    }
    plaintext.use(length - padding)
    return padding
  }

  /// Whether the last block's padding would be right: cheap where the key is expected to be wrong.
  package func paddingFits(vectorAndCiphertext bytes: Span<UInt8>) throws(NativeError) -> Bool {
    let block = AESCBC.blockLength
    precondition(bytes.count >= 2 * block)
    var last = SIMD16<UInt8>()
    defer { unsafe OPENSSL_cleanse(&last, block) }
    var written: Int32 = 0
    var fits = false
    let done = unsafe bytes.withUnsafeBufferPointer { input -> Bool in
      guard let base = input.baseAddress else { return false }
      let previous = unsafe base + (input.count - 2 * block)
      return unsafe withUnsafeMutablePointer(to: &last) {
        unsafe $0.withMemoryRebound(to: UInt8.self, capacity: block) {
          guard unsafe decryptBlocks(after: previous, count: block, into: $0, &written) else {
            return false
          }
          fits = unsafe AESCBC.padding(before: $0 + block) != nil
          return true
        }
      }
    }
    guard done, Int(written) == block else { throw cryptoFailure("EVP_DecryptUpdate") }
    return fits
  }

  /// The number of padding bytes before `end`; nil if they are wrong.
  private static func padding(before end: UnsafePointer<UInt8>) -> Int? {
    let padding = unsafe Int(end[-1])
    guard (1...blockLength).contains(padding) else { return nil }
    for distance in 1...padding where unsafe end[-distance] != UInt8(padding) { return nil }
    return padding
  }

  /// Encrypts `plaintext` under `vector` and appends vector and ciphertext to `output`.
  package func encrypt(
    _ plaintext: SecretBuffer, vector: [UInt8], appendingTo output: inout [UInt8]
  ) throws(NativeError) {
    let block = AESCBC.blockLength
    let padding = block - plaintext.count % block
    let length = plaintext.count + padding
    let start = output.count
    output.append(contentsOf: vector[..<block])
    output.append(contentsOf: repeatElement(0, count: length))
    var written: Int32 = 0
    let done = unsafe output.withUnsafeMutableBufferPointer { output -> Bool in
      guard let base = output.baseAddress else { return false }
      let target = unsafe base + start + block
      let source = unsafe plaintext.padded(by: padding)
      let correction = unsafe AESCBC.block(at: base + start) ^ encryptionChain
      unsafe AESCBC.add(correction, at: source)
      let result = unsafe EVP_EncryptUpdate(encryption, target, &written, source, Int32(length))
      unsafe AESCBC.add(correction, at: source)
      unsafe encryptionChain = AESCBC.block(at: target + length - block)
      return result == 1
    }
    guard done, Int(written) == length else { throw cryptoFailure("EVP_EncryptUpdate") }
  }

  private func decryptBlocks(
    after vector: UnsafePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<UInt8>,
    _ written: inout Int32
  ) -> Bool {
    let ciphertext = unsafe vector + AESCBC.blockLength
    let result = unsafe EVP_DecryptUpdate(decryption, output, &written, ciphertext, Int32(count))
    guard result == 1 else { return false }
    unsafe AESCBC.add(decryptionChain ^ AESCBC.block(at: vector), at: output)
    unsafe decryptionChain = AESCBC.block(at: ciphertext + count - AESCBC.blockLength)
    return true
  }

  /// XOR of a block in memory, which is its own opposite.
  private static func add(_ block: SIMD16<UInt8>, at address: UnsafeMutablePointer<UInt8>) {
    let sum = unsafe AESCBC.block(at: address) ^ block
    unsafe UnsafeMutableRawPointer(address).storeBytes(of: sum, as: SIMD16<UInt8>.self)
  }

  private static func block(at address: UnsafePointer<UInt8>) -> SIMD16<UInt8> {
    unsafe UnsafeRawPointer(address).loadUnaligned(as: SIMD16<UInt8>.self)
  }
}
