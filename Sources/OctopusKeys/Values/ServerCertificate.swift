// The server's own certificate, which the server itself takes as the proof that a key is right: a
// document whose name begins with `certificate-` and that holds base64 of a PKCS #12 file without a
// password. (Library certificates are called `Certificates-1` and so on.)

package import Native

/// The certificate of the server in a store.
package struct ServerCertificate: ~Copyable {
  /// SHA-1 of the certificate in upper-case hexadecimal, as the server shows it.
  package let thumbprint: String
  /// The PKCS #12 file with certificate and private key, without a password.
  package let file: SecretBytes

  /// Looks for the certificate in `store`; nothing is written.
  ///
  /// - Parameter closed: why a certificate that decrypts with `key` was not opened.
  /// - Returns: nil if there is none that decrypts with `key` and is opened.
  package static func read(
    from store: any Store, key: borrowing MasterKey, closed: inout PKCS12.Obstacle?
  ) throws(RotationError) -> ServerCertificate? {
    defer { store.rollback() }
    try rethrow(as: RotationError.store, store.begin(.read))
    for collection in try rethrow(as: RotationError.store, store.inventory()).collections {
      let search = try rethrow(as: RotationError.native, CertificateSearch(collection, key))
      var page = DocumentPage()
      var last: [UInt8]?
      repeat {
        try rethrow(
          as: RotationError.store, store.readPage(of: collection, after: last, into: &page))
        last = page.lastKey
        let found = try rethrow(as: RotationError.native) { () throws(NativeError) in
          try search.certificate(in: page, &closed)
        }
        if let found { return found }
      } while !page.documents.isEmpty
    }
    return nil
  }

  /// The same file under the Master Key's base64 as its password, so that a copy outside the database
  /// is no easier to open than the database.
  ///
  /// - Returns: nil if this libcrypto cannot.
  package borrowing func protected(with key: borrowing MasterKey) throws(RotationError) -> [UInt8]?
  {
    let password = key.base64()
    do throws(NativeError) {
      return try file.withBytes { (file) throws(NativeError) in
        try PKCS12.protected(file, with: password)
      }
    } catch {
      throw .native(error)
    }
  }

  /// The thumbprint of a file that `protected` made.
  static func thumbprint(
    ofProtected file: [UInt8], key: borrowing MasterKey
  ) throws(PKCS12.Obstacle) -> String {
    try PKCS12.thumbprint(of: file.span, password: key.base64())
  }

  /// Whether the document called `name` holds the server's certificate.
  static func isDocument(_ name: Span<UInt8>) -> Bool {
    let prefix = Array("certificate-".utf8)
    return name.count > prefix.count && prefix.indices.allSatisfy { name[$0] == prefix[$0] }
  }

  /// The thumbprint of a value in the document called `name`; nil unless it is the certificate. One that
  /// decrypts and is not opened is text like any other, and proves no more.
  static func thumbprint(_ plaintext: SecretBuffer, in name: Span<UInt8>) -> String? {
    do throws(PKCS12.Obstacle) {
      return try open(plaintext, in: name)
    } catch {
      return nil
    }
  }

  /// The same with the reason why a certificate is not opened; nil only for other documents.
  static func open(
    _ plaintext: SecretBuffer, in name: Span<UInt8>
  ) throws(PKCS12.Obstacle) -> String? {
    isDocument(name) ? try certificate(in: plaintext).thumbprint : nil
  }

  fileprivate static func certificate(
    in plaintext: SecretBuffer
  ) throws(PKCS12.Obstacle) -> ServerCertificate {
    try plaintext.withBytes { (text) throws(PKCS12.Obstacle) in
      guard let file = Base64.decodeSecret(text) else { throw .notPKCS12 }
      let thumbprint = try file.withBytes { (bytes) throws(PKCS12.Obstacle) in
        try PKCS12.thumbprint(of: bytes)
      }
      return ServerCertificate(thumbprint: thumbprint, file: file)
    }
  }
}

/// Looks for the certificate in the documents of one collection.
private struct CertificateSearch {
  private let cipher: ValueCipher
  private let scan = FieldScan()
  private let plaintext = SecretBuffer()

  init(_ collection: StoreCollection, _ key: borrowing MasterKey) throws(NativeError) {
    cipher = try ValueCipher(key)
    scan.begin(collection)
  }

  func certificate(
    in page: DocumentPage, _ closed: inout PKCS12.Obstacle?
  ) throws(NativeError) -> ServerCertificate? {
    for document in page.documents
    where ServerCertificate.isDocument(page.bytes.span.extracting(document.id)) {
      for slot in page.slots[document.slots] {
        if let found = try certificate(in: slot, of: page, &closed) { return found }
      }
    }
    return nil
  }

  private func certificate(
    in slot: DocumentPage.Slot, of page: DocumentPage, _ closed: inout PKCS12.Obstacle?
  ) throws(NativeError) -> ServerCertificate? {
    var certificate: ServerCertificate?
    try scan.read(slot, of: page) { (_, found, encoding) throws(NativeError) in
      guard encoding != .binary else { return }
      for value in found.values where certificate == nil {
        let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
        guard try cipher.decrypt(ciphertext, as: .text, into: plaintext) == .decrypted else {
          continue
        }
        do throws(PKCS12.Obstacle) {
          certificate = try ServerCertificate.certificate(in: plaintext)
        } catch {
          closed = error
        }
      }
    }
    return certificate
  }
}
