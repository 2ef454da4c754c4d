// PKCS #12 files: the thumbprint of the certificate in one, and the same contents under a password.

internal import CLibCrypto

package enum PKCS12 {
  /// The SHA-1 of the leaf certificate as .NET shows a thumbprint; nil if the bytes are not a PKCS #12
  /// file, need another password, or use a cipher that this libcrypto lacks.
  package static func thumbprint(
    of bytes: Span<UInt8>, password: borrowing SecretBytes? = nil
  ) -> String? {
    guard let contents = contents(of: bytes, password),
      let certificate = unsafe contents.certificate
    else { return nil }
    defer { ERR_clear_error() }
    var digest = [UInt8](repeating: 0, count: 20)
    guard unsafe X509_digest(certificate, EVP_sha1(), &digest, nil) == 1 else { return nil }
    return digest.hexadecimal.uppercased()
  }

  /// A file with the same certificates and private key under `password` (AES-256-CBC, PBKDF2 and
  /// HMAC-SHA256 with libcrypto's iteration counts: the password must be long enough to resist guessing).
  ///
  /// - Returns: nil where `thumbprint` returns nil.
  package static func protected(
    _ bytes: Span<UInt8>, with password: borrowing SecretBytes
  ) throws(NativeError) -> [UInt8]? {
    guard let contents = contents(of: bytes, nil) else { return nil }
    let file: OpaquePointer? = unsafe withText(of: password) { password in
      unsafe PKCS12_create(
        password, nil, contents.key, contents.certificate, contents.others, 0, 0, 0, 0, 0)
    }
    guard let file = unsafe file else { throw cryptoFailure("PKCS12_create") }
    defer { unsafe PKCS12_free(file) }
    let length = unsafe i2d_PKCS12(file, nil)
    guard length > 0 else { throw cryptoFailure("i2d_PKCS12") }
    var output = [UInt8](repeating: 0, count: Int(length))
    let written = unsafe output.withUnsafeMutableBufferPointer { output in
      var target = output.baseAddress
      return unsafe i2d_PKCS12(file, &target)
    }
    guard written == length else { throw cryptoFailure("i2d_PKCS12") }
    return output
  }

  @safe
  private struct Contents: ~Copyable {
    let key: OpaquePointer?  // owned, as the others
    let certificate: OpaquePointer?
    let others: OpaquePointer?

    deinit {
      unsafe EVP_PKEY_free(key)
      unsafe X509_free(certificate)
      unsafe OPENSSL_sk_pop_free(others) { unsafe X509_free(OpaquePointer($0)) }
    }
  }

  private static func contents(
    of bytes: Span<UInt8>, _ password: borrowing SecretBytes?
  ) -> Contents? {
    defer { ERR_clear_error() }
    let file: OpaquePointer? = unsafe bytes.withUnsafeBufferPointer { input in
      var start = input.baseAddress
      return unsafe d2i_PKCS12(nil, &start, input.count)
    }
    guard let file = unsafe file else { return nil }
    defer { unsafe PKCS12_free(file) }
    var key: OpaquePointer?
    var certificate: OpaquePointer?
    var others: OpaquePointer?
    func parse(_ password: UnsafePointer<CChar>?) -> Bool {
      unsafe PKCS12_parse(file, password, &key, &certificate, &others) == 1
    }
    // "No password" and the empty password are encoded differently: both are tried.
    let isOpen =
      switch password {
      case .none: unsafe parse(nil) || parse("")
      case .some(let password): unsafe withText(of: password) { unsafe parse($0) }
      }
    guard isOpen else { return nil }
    return unsafe Contents(key: key, certificate: certificate, others: others)
  }

  private static func withText<Result>(
    of password: borrowing SecretBytes, _ body: (UnsafePointer<CChar>?) -> Result
  ) -> Result {
    var text = SecretBytes(count: password.count + 1)
    text.withMutableBytes { text in password.withBytes { text.copy($0, at: 0) } }
    return unsafe text.withMemory {
      unsafe body(UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self))
    }
  }
}
