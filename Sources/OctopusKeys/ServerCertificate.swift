// The server's own certificate, which the server itself takes as the proof that a key is right: a
// document whose name begins with `certificate-` and that holds base64 of a PKCS #12 file without a
// password. (Library certificates are called `Certificates-1` and so on.)

internal import Native

enum ServerCertificate {
  /// Whether the document called `name` holds the server's certificate.
  static func isDocument(_ name: Span<UInt8>) -> Bool {
    let prefix = Array("certificate-".utf8)
    return name.count > prefix.count && prefix.indices.allSatisfy { name[$0] == prefix[$0] }
  }

  /// The certificate's thumbprint if `plaintext` is one.
  static func thumbprint(_ plaintext: SecretBuffer) -> String? {
    plaintext.withBytes { text in
      guard let file = Base64.decodeSecret(text) else { return nil }
      return file.withBytes { PKCS12.thumbprint(of: $0) }
    }
  }
}
