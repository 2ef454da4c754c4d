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
  /// - Returns: nil if there is none that opens with `key` and that this libcrypto can read.
  package static func read(
    from store: any Store, key: borrowing MasterKey
  ) throws(RotationError) -> ServerCertificate? {
    defer { store.rollback() }
    let cipher = try ValueCipher(key)
    do throws(StoreError) {
      try store.begin(.read)
      for collection in try store.collections() {
        var page = DocumentPage()
        var last: [UInt8]?
        repeat {
          try store.readPage(of: collection, after: last, into: &page)
          last = page.lastKey
          if let found = search(page, collection, cipher) { return found }
        } while !page.documents.isEmpty
      }
    } catch {
      throw .store(error)
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

  /// The certificate's thumbprint if `plaintext` is one.
  static func thumbprint(_ plaintext: SecretBuffer) -> String? {
    switch certificate(in: plaintext) {
    case .none: nil
    case .some(let found): found.thumbprint
    }
  }

  private static func certificate(in plaintext: SecretBuffer) -> ServerCertificate? {
    plaintext.withBytes { text in
      guard let file = Base64.decodeSecret(text),
        let thumbprint = file.withBytes({ PKCS12.thumbprint(of: $0) })
      else { return nil }
      return ServerCertificate(thumbprint: thumbprint, file: file)
    }
  }

  private static func search(
    _ page: DocumentPage, _ collection: StoreCollection, _ cipher: ValueCipher
  ) -> ServerCertificate? {
    let reader = FieldReader()
    let scanner = ValueScanner(places: SensitivePaths(collection: collection.name))
    let plaintext = SecretBuffer()
    var scanned = ScannedText()
    for document in page.documents where isDocument(page.bytes.span.extracting(document.id)) {
      for slot in page.slots[document.slots] {
        let kind = collection.fields[slot.field].kind
        guard kind != .binary else { continue }
        let contents = page.bytes.span.extracting(slot.range)
        _ = try? reader.withText(of: contents, kind: kind) { (text, _) throws(RotationError) in
          scanner.scan(text, into: &scanned)
        }
        let ciphertexts = scanned.ciphertexts
        for value in scanned.values {
          let opening = try? cipher.open(
            ciphertexts.span.extracting(value.ciphertext), as: .text, into: plaintext)
          guard opening == .opened, let found = certificate(in: plaintext) else { continue }
          return found
        }
      }
    }
    return nil
  }
}
