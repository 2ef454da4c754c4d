// PKCS #12 files: the thumbprint of the certificate in one, and the same contents under a password.

internal import CLibCrypto

package enum PKCS12 {
  /// Why a file was not opened.
  package enum Obstacle: Error, Equatable, Sendable {
    case notPKCS12
    /// The passwords of the file would have to be stretched more often than `iterationLimit`, all of them
    /// together, or by a method whose cost cannot be told.
    case tooCostly
    /// The checksum does not match: another password, or a damaged file.
    case wrongPassword
    /// The checksum matches, but the contents have no certificate, or use a cipher that this libcrypto does not support.
    case unreadable
  }

  /// The most iterations of all key derivations of a file together: what .NET, which opens the server's
  /// certificate, takes of a file without a password (KB5025823). .NET writes 2,000 for each, OpenSSL 2,048;
  /// the limit takes less than a second.
  package static let iterationLimit = 600_000

  /// The SHA-1 of the leaf certificate as .NET shows a thumbprint.
  package static func thumbprint(
    of bytes: Span<UInt8>, password: borrowing SecretBytes? = nil
  ) throws(Obstacle) -> String {
    let contents = try contents(of: bytes, password)
    guard let certificate = unsafe contents.certificate else { throw .unreadable }
    defer { ERR_clear_error() }
    var digest = [UInt8](repeating: 0, count: 20)
    guard unsafe X509_digest(certificate, EVP_sha1(), &digest, nil) == 1 else { throw .unreadable }
    return digest.hexadecimal.uppercased()
  }

  /// A file with the same certificates and private key under `password` (AES-256-CBC, PBKDF2 and
  /// HMAC-SHA256 with libcrypto's iteration counts: the password must be long enough to resist guessing).
  ///
  /// - Returns: nil where `thumbprint` throws.
  package static func protected(
    _ bytes: Span<UInt8>, with password: borrowing SecretBytes
  ) throws(NativeError) -> [UInt8]? {
    let opened: Contents
    do throws(Obstacle) {
      opened = try contents(of: bytes, nil)
    } catch {
      return nil
    }
    let file: OpaquePointer? = unsafe withText(of: password) { password in
      unsafe PKCS12_create(
        password, nil, opened.key, opened.certificate, opened.others, 0, 0, 0, 0, 0)
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
  private final class Contents {
    let key: OpaquePointer?  // owned, as the others
    let certificate: OpaquePointer?
    let others: OpaquePointer?

    init(_ key: OpaquePointer?, _ certificate: OpaquePointer?, _ others: OpaquePointer?) {
      unsafe self.key = key
      unsafe self.certificate = certificate
      unsafe self.others = others
    }

    deinit {
      unsafe EVP_PKEY_free(key)
      unsafe X509_free(certificate)
      unsafe OPENSSL_sk_pop_free(others) { unsafe X509_free(OpaquePointer($0)) }
    }
  }

  /// Costs are counted before anything is derived: first what the file shows, then, when the checksum has
  /// shown that the password is right, the contents of its encrypted part.
  private static func contents(
    of bytes: Span<UInt8>, _ password: borrowing SecretBytes?
  ) throws(Obstacle) -> Contents {
    defer { ERR_clear_error() }
    let file: OpaquePointer? = unsafe bytes.withUnsafeBufferPointer { input in
      var start = input.baseAddress
      return unsafe d2i_PKCS12(nil, &start, input.count)
    }
    guard let file = unsafe file else { throw .notPKCS12 }
    defer { unsafe PKCS12_free(file) }
    switch password {
    // "No password" and the empty password are encoded differently: both are tried.
    case .none:
      do throws(Obstacle) {
        return try unsafe contents(of: file, nil, 0)
      } catch .wrongPassword {
        return try unsafe contents(of: file, "", 0)
      }
    case .some(let password):
      let count = Int32(password.count)
      return try unsafe withText(of: password) { (text) throws(Obstacle) in
        try unsafe contents(of: file, text, count)
      }
    }
  }

  private static func contents(
    of file: OpaquePointer, _ password: UnsafePointer<CChar>?, _ length: Int32
  ) throws(Obstacle) -> Contents {
    var cost = try unsafe macIterations(of: file)
    cost = KeyDerivationCost.sum(cost, try unsafe iterations { unsafe i2d_PKCS12(file, $0) })
    guard let safes = unsafe PKCS12_unpack_authsafes(file) else { throw .notPKCS12 }
    defer {
      unsafe OPENSSL_sk_pop_free(safes) {
        unsafe PKCS7_free($0?.assumingMemoryBound(to: PKCS7.self))
      }
    }
    let count = Int(unsafe OPENSSL_sk_num(safes))
    for index in 0..<count {
      let part = unsafe OPENSSL_sk_value(safes, Int32(index))?.assumingMemoryBound(to: PKCS7.self)
      let outside = try unsafe iterations { unsafe i2d_PKCS7(part, $0) }
      cost = KeyDerivationCost.sum(cost, outside)
    }
    guard cost <= iterationLimit else { throw .tooCostly }
    if unsafe PKCS12_mac_present(file) == 1, unsafe PKCS12_verify_mac(file, password, length) != 1 {
      throw .wrongPassword
    }
    for index in 0..<count {
      let part = unsafe OPENSSL_sk_value(safes, Int32(index))?.assumingMemoryBound(to: PKCS7.self)
      guard let part = unsafe part else { continue }
      let inside = try unsafe iterations(inside: part, password, length)
      cost = KeyDerivationCost.sum(cost, inside)
    }
    guard cost <= iterationLimit else { throw .tooCostly }
    var key: OpaquePointer?
    var certificate: OpaquePointer?
    var others: OpaquePointer?
    guard unsafe PKCS12_parse(file, password, &key, &certificate, &others) == 1 else {
      throw unsafe PKCS12_mac_present(file) == 1 ? .unreadable : .wrongPassword
    }
    return unsafe Contents(key, certificate, others)
  }

  /// How often the password is stretched for the checksum; 0 without one.
  private static func macIterations(of file: OpaquePointer) throws(Obstacle) -> Int {
    guard unsafe PKCS12_mac_present(file) == 1 else { return 0 }
    var number: UnsafePointer<ASN1_INTEGER>?
    unsafe PKCS12_get0_mac(nil, nil, nil, &number, file)
    guard let number = unsafe number else { return 1 }
    var value: UInt64 = 0
    // What is negative, or longer than 64 bits, is not a count.
    guard unsafe ASN1_INTEGER_get_uint64(&value, number) == 1 else { throw .tooCostly }
    return Int(clamping: value)
  }

  /// The iterations of what one part of a file holds, which may be encrypted. What does not open here does
  /// not open later either.
  private static func iterations(
    inside part: UnsafeMutablePointer<PKCS7>, _ password: UnsafePointer<CChar>?, _ count: Int32
  ) throws(Obstacle) -> Int {
    let bags =
      switch unsafe OBJ_obj2nid(part.pointee.type) {
      case NID_pkcs7_data: unsafe PKCS12_unpack_p7data(part)
      case NID_pkcs7_encrypted: unsafe PKCS12_unpack_p7encdata(part, password, count)
      default: unsafe nil as OpaquePointer?
      }
    guard let bags = unsafe bags else { return 0 }
    defer { unsafe OPENSSL_sk_pop_free(bags) { unsafe PKCS12_SAFEBAG_free(OpaquePointer($0)) } }
    var total = 0
    let bagCount = unsafe OPENSSL_sk_num(bags)
    for index in 0..<bagCount {
      guard let bag = unsafe OpaquePointer(OPENSSL_sk_value(bags, index)) else { continue }
      let inside = try unsafe iterations { unsafe i2d_PKCS12_SAFEBAG(bag, $0) }
      total = KeyDerivationCost.sum(total, inside)
    }
    return total
  }

  /// The iterations in what `encode` writes, one of libcrypto's functions that make DER.
  private static func iterations(
    in encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
  ) throws(Obstacle) -> Int {
    let length = encode(nil)
    guard length > 0 else { throw .notPKCS12 }
    var der = [UInt8](repeating: 0, count: Int(length))
    let written = unsafe der.withUnsafeMutableBufferPointer { output in
      var target = output.baseAddress
      return unsafe encode(&target)
    }
    guard written == length else { throw .notPKCS12 }
    do throws(KeyDerivationCost.Unknown) {
      return try KeyDerivationCost.iterations(in: der.span)
    } catch {
      throw .tooCostly
    }
  }

  private static func withText<Result: ~Copyable, Failure: Error>(
    of password: borrowing SecretBytes, _ body: (UnsafePointer<CChar>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var text = SecretBytes(count: password.count + 1)
    text.withMutableBytes { text in password.withBytes { text.copy($0, at: 0) } }
    return try unsafe text.withMemory { (memory) throws(Failure) in
      try unsafe body(UnsafeRawPointer(memory.baseAddress)?.assumingMemoryBound(to: CChar.self))
    }
  }
}
