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
  /// - Returns: nil if there is none that decrypts with `key` and that this libcrypto can read.
  package static func read(
    from store: any Store, key: borrowing MasterKey
  ) throws(RotationError) -> ServerCertificate? {
    defer { store.rollback() }
    try rethrow(as: RotationError.store, store.begin(.read))
    for collection in try rethrow(as: RotationError.store, store.collections()) {
      let search = try rethrow(as: RotationError.native, CertificateSearch(collection, key))
      var page = DocumentPage()
      var last: [UInt8]?
      repeat {
        try rethrow(
          as: RotationError.store, store.readPage(of: collection, after: last, into: &page))
        last = page.lastKey
        if let found = try rethrow(as: RotationError.native, search.certificate(in: page)) {
          return found
        }
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

  /// The thumbprint of a file that `protected` made; nil if it is none, or under another key.
  static func thumbprint(ofProtected file: [UInt8], key: borrowing MasterKey) -> String? {
    PKCS12.thumbprint(of: file.span, password: key.base64())
  }

  /// Whether the document called `name` holds the server's certificate.
  static func isDocument(_ name: Span<UInt8>) -> Bool {
    let prefix = Array("certificate-".utf8)
    return name.count > prefix.count && prefix.indices.allSatisfy { name[$0] == prefix[$0] }
  }

  /// The thumbprint of a value in the document called `name`; nil unless it is the certificate.
  static func thumbprint(_ plaintext: SecretBuffer, in name: Span<UInt8>) -> String? {
    guard isDocument(name) else { return nil }
    return switch certificate(in: plaintext) {
    case .none: nil
    case .some(let found): found.thumbprint
    }
  }

  fileprivate static func certificate(in plaintext: SecretBuffer) -> ServerCertificate? {
    plaintext.withBytes { text in
      guard let file = Base64.decodeSecret(text),
        let thumbprint = file.withBytes({ PKCS12.thumbprint(of: $0) })
      else { return nil }
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

  func certificate(in page: DocumentPage) throws(NativeError) -> ServerCertificate? {
    for document in page.documents
    where ServerCertificate.isDocument(page.bytes.span.extracting(document.id)) {
      for slot in page.slots[document.slots] {
        if let found = try certificate(in: slot, of: page) { return found }
      }
    }
    return nil
  }

  private func certificate(
    in slot: DocumentPage.Slot, of page: DocumentPage
  ) throws(NativeError) -> ServerCertificate? {
    var certificate: ServerCertificate?
    try scan.read(slot, of: page) { (_, found, encoding) throws(NativeError) in
      guard encoding != .binary else { return }
      for value in found.values where certificate == nil {
        let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
        if try cipher.decrypt(ciphertext, as: .text, into: plaintext) == .decrypted {
          certificate = ServerCertificate.certificate(in: plaintext)
        }
      }
    }
    return certificate
  }
}
