// Encrypted files: contents under a passphrase, with scrypt and AES-256-GCM. octokey-files(5) describes the
// format; a few lines of Python open it.
//
//     octokey-sealed 1
//     content: master-key
//     kdf: scrypt 131072 8 1 <salt, base64>
//     cipher: aes-256-gcm <nonce, base64>
//
//     <ciphertext and tag, base64 in lines>
//
// Everything up to the empty line, and that one, is authenticated together with the contents.

package import Native

/// A passphrase at work: makes and decrypts encrypted files. The slow step is taken once for all files that
/// have the same salt, as those of one backup have.
package final class EncryptedFile {
  /// More bytes than any encrypted file has.
  package static let sizeLimit = 64 << 20

  private let passphrase: Passphrase
  private var derived: DerivedKey?
  private let random = RandomBytes()

  package init(_ passphrase: consuming Passphrase) { self.passphrase = passphrase }

  /// Seals `contents`, which are called `name`, as the bytes of a file.
  package func seal(_ contents: Span<UInt8>, name: String) throws(BackupError) -> [UInt8] {
    try rethrow(as: BackupError.native) { () throws(NativeError) in
      let derived =
        if let derived { derived } else { try derive(.standard, salt: freshBytes(32)) }
      let nonce = try freshBytes(AESGCM.nonceLength)
      let header = Header(name: name, scrypt: derived.scrypt, salt: derived.salt, nonce: nonce)
        .bytes
      let sealed = try AESGCM.seal(contents, header: header.span, key: derived.key, nonce: nonce)
      return header + EncryptedFile.lines(of: sealed)
    }
  }

  /// - Parameters:
  ///   - name: what it must hold by its own word.
  ///   - path: where it comes from, for errors.
  /// - Throws: `BackupError.encryptedFileMalformed`; `.cannotDecrypt` if the passphrase is another one, or the file
  ///   was changed.
  package func open(
    _ file: [UInt8], name: String, path: String
  ) throws(BackupError) -> SecretBytes {
    guard let (header, end) = Header.parse(file),
      let body = Base64.decode(file[end...].filter { $0 != 0x0A && $0 != 0x0D })
    else { throw .encryptedFileMalformed(path: path) }
    guard header.name == name else { throw .cannotDecrypt(path: path) }
    let opened = try rethrow(as: BackupError.native) { () throws(NativeError) in
      let head = Array(file[..<end])
      let derived = try derive(header.scrypt, salt: header.salt)
      return try AESGCM.open(body.span, header: head.span, key: derived.key, nonce: header.nonce)
    }
    guard let opened else { throw .cannotDecrypt(path: path) }
    return opened
  }

  private final class DerivedKey {
    let scrypt: Scrypt
    let salt: [UInt8]
    let key: SecretBytes

    init(scrypt: Scrypt, salt: [UInt8], key: consuming SecretBytes) {
      self.scrypt = scrypt
      self.salt = salt
      self.key = key
    }
  }

  private func derive(_ scrypt: Scrypt, salt: [UInt8]) throws(NativeError) -> DerivedKey {
    if let derived, derived.scrypt == scrypt, derived.salt == salt { return derived }
    let key = try scrypt.key(from: passphrase.bytes, salt: salt, length: AESGCM.keyLength)
    let new = DerivedKey(scrypt: scrypt, salt: salt, key: key)
    derived = new
    return new
  }

  private func freshBytes(_ count: Int) throws(NativeError) -> [UInt8] {
    try RandomBytes.secret(count: count).withBytes { Array(copying: $0) }
  }

  private static func lines(of bytes: [UInt8]) -> [UInt8] {
    let base64 = Array(Base64.string(bytes.span).utf8)
    var lines: [UInt8] = []
    for start in stride(from: 0, to: base64.count, by: 76) {
      lines += base64[start..<min(start + 76, base64.count)]
      lines.append(0x0A)
    }
    return lines
  }
}

private struct Header {
  let name: String
  let scrypt: Scrypt
  let salt: [UInt8]
  let nonce: [UInt8]

  var bytes: [UInt8] {
    let text = """
      octokey-sealed 1
      content: \(name)
      kdf: scrypt \(scrypt.cost) \(scrypt.blockSize) \(scrypt.parallelism) \(Base64.string(salt.span))
      cipher: aes-256-gcm \(Base64.string(nonce.span))


      """
    return Array(text.utf8)
  }

  static func parse(_ file: [UInt8]) -> (Header, end: Int)? {
    // Longer than any header; the rest is not looked at.
    let start = Array(file.prefix(1024))
    let newline = UInt8(ascii: "\n")
    guard
      let last = start.indices.dropFirst().first(where: {
        start[$0] == newline && start[$0 - 1] == newline
      })
    else { return nil }
    let lines = String(decoding: start[..<(last - 1)], as: UTF8.self).split(separator: "\n")
    guard lines.count == 4, lines[0] == "octokey-sealed 1",
      let name = value("content", lines[1]), let kdf = value("kdf", lines[2]),
      let cipher = value("cipher", lines[3])
    else { return nil }
    let words = kdf.split(separator: " ")
    let cipherWords = cipher.split(separator: " ")
    guard words.count == 5, words[0] == "scrypt", let cost = Int(words[1]),
      let blockSize = Int(words[2]), let parallelism = Int(words[3]),
      let scrypt = Scrypt(cost: cost, blockSize: blockSize, parallelism: parallelism),
      let salt = Base64.decode(words[4].utf8), salt.count >= 16, cipherWords.count == 2,
      cipherWords[0] == "aes-256-gcm", let nonce = Base64.decode(cipherWords[1].utf8),
      nonce.count == AESGCM.nonceLength
    else { return nil }
    return (Header(name: String(name), scrypt: scrypt, salt: salt, nonce: nonce), end: last + 1)
  }

  private static func value(_ name: String, _ line: Substring) -> Substring? {
    line.hasPrefix(name + ": ") ? line.dropFirst(name.count + 2) : nil
  }
}
