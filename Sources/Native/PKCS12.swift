// Reads a PKCS #12 file without a password, as far as to name the certificate in it.

internal import CLibCrypto

/// A PKCS #12 file in memory.
public enum PKCS12 {
  /// The SHA-1 of the leaf certificate in upper-case hexadecimal, as .NET shows a thumbprint; nil if
  /// the bytes are no PKCS #12 file, need a password, or use a cipher that this libcrypto has not.
  public static func thumbprint(of bytes: Span<UInt8>) -> String? {
    let certificate: OpaquePointer? = unsafe bytes.withUnsafeBufferPointer { input in
      var start = input.baseAddress
      guard let file = unsafe d2i_PKCS12(nil, &start, input.count) else { return nil }
      defer { unsafe PKCS12_free(file) }
      var key: OpaquePointer?
      var certificate: OpaquePointer?
      // A file without a password may have been made with the empty one: both are tried.
      for password in [nil, ""] as [String?] {
        if unsafe PKCS12_parse(file, password, &key, &certificate, nil) == 1 { break }
      }
      unsafe EVP_PKEY_free(key)
      return unsafe certificate
    }
    defer { ERR_clear_error() }
    guard let certificate = unsafe certificate else { return nil }
    defer { unsafe X509_free(certificate) }
    var digest = [UInt8](repeating: 0, count: 20)
    guard unsafe X509_digest(certificate, EVP_sha1(), &digest, nil) == 1 else { return nil }
    let digits = Array("0123456789ABCDEF".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
