// AES-256 in Galois/Counter mode over libcrypto: authenticated encryption. A message that fails the
// check was damaged, changed, or encrypted with another key; none of its plaintext is returned.

internal import CLibCrypto

package enum AESGCM {
  package static let keyLength = 32
  /// The length of a nonce, in bytes. One key must never see the same nonce twice.
  package static let nonceLength = 12
  package static let tagLength = 16

  /// Encrypts and authenticates `plaintext`; `header` is authenticated only.
  ///
  /// - Returns: the ciphertext, as long as the plaintext, and the tag.
  package static func seal(
    _ plaintext: Span<UInt8>, header: Span<UInt8>, key: borrowing SecretBytes, nonce: [UInt8]
  ) throws(NativeError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: plaintext.count + tagLength)
    let context = try unsafe context()
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    guard unsafe begin(context, encrypting: true, header, key, nonce) else {
      throw cryptoFailure("EVP_EncryptUpdate")
    }
    let done = unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe plaintext.withUnsafeBufferPointer { input -> Bool in
        guard let target = output.baseAddress else { return false }
        var length: Int32 = 0
        let count = Int32(input.count)
        guard
          unsafe count == 0
            || EVP_EncryptUpdate(context, target, &length, input.baseAddress, count) == 1
        else { return false }
        return unsafe EVP_EncryptFinal_ex(context, target + input.count, &length) == 1
          && EVP_CIPHER_CTX_ctrl(
            context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), target + input.count) == 1
      }
    }
    guard done else { throw cryptoFailure("EVP_EncryptUpdate") }
    return output
  }

  /// - Returns: nil if key, header, nonce or contents differ from those of `seal`.
  package static func open(
    _ sealed: Span<UInt8>, header: Span<UInt8>, key: borrowing SecretBytes, nonce: [UInt8]
  ) throws(NativeError) -> SecretBytes? {
    let length = sealed.count - tagLength
    guard length >= 0 else { return nil }
    var plaintext = SecretBytes(count: length)
    let context = try unsafe context()
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var isAuthentic = false
    guard unsafe begin(context, encrypting: false, header, key, nonce) else {
      throw cryptoFailure("EVP_DecryptUpdate")
    }
    let done = unsafe plaintext.withMutableMemory { output in
      unsafe sealed.withUnsafeBufferPointer { input -> Bool in
        guard let source = input.baseAddress, let target = output.baseAddress else { return false }
        var written: Int32 = 0
        let tag = unsafe UnsafeMutableRawPointer(mutating: source + length)
        guard
          unsafe length == 0
            || EVP_DecryptUpdate(context, target, &written, source, Int32(length)) == 1,
          unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), tag) == 1
        else { return false }
        isAuthentic = unsafe EVP_DecryptFinal_ex(context, target + length, &written) == 1
        return true
      }
    }
    defer { ERR_clear_error() }
    guard done else { throw cryptoFailure("EVP_DecryptUpdate") }
    guard isAuthentic else { return nil }
    return plaintext
  }

  /// Gives a context the key, the nonce and the header.
  private static func begin(
    _ context: OpaquePointer, encrypting: Bool, _ header: Span<UInt8>,
    _ key: borrowing SecretBytes, _ nonce: [UInt8]
  ) -> Bool {
    precondition(key.count == keyLength && nonce.count == nonceLength)
    var length: Int32 = 0
    return unsafe key.withMemory { key in
      unsafe header.withUnsafeBufferPointer { header in
        unsafe EVP_CipherInit_ex2(
          context, EVP_aes_256_gcm(), key.baseAddress, nonce, encrypting ? 1 : 0, nil) == 1
          && EVP_CipherUpdate(context, nil, &length, header.baseAddress, Int32(header.count)) == 1
      }
    }
  }

  private static func context() throws(NativeError) -> OpaquePointer {
    guard let context = unsafe EVP_CIPHER_CTX_new() else {
      throw cryptoFailure("EVP_CIPHER_CTX_new")
    }
    return unsafe context
  }
}
