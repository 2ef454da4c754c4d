// The key file: one Master Key as base64, with comment lines that say what it is. This file owns
// its format and the order of steps that makes a new one safe to rely on.

package import FoundationEssentials
package import Native

/// Reading takes what people have: comment lines (`#`) or none, LF or CRLF, a UTF-8 byte order mark,
/// and UTF-16 as PowerShell's `Out-File` writes it. Blanks around the key do not matter; quotes do.
package enum KeyFile {
  /// More bytes than any key file has.
  package static let sizeLimit = 64 << 10

  /// Creates `path`, which must not exist, with mode 0600; waits until it is on the device, reads it
  /// back and compares. The file goes again unless the caller commits what is returned.
  ///
  /// - Parameter owner: the owner of the file; nil: the caller.
  /// - Throws: `KeyError.native(.alreadyExists)`, `.readBackDiffers`, `.native` otherwise.
  package static func create(
    _ path: String, key: borrowing MasterKey, created: Date, owner: FileOwner? = nil
  ) throws(KeyError) -> NewFile {
    let expected = try contents(key, created: created)
    let file = try rethrow(as: KeyError.native) { () throws(NativeError) in
      try expected.withBytes { (text) throws(NativeError) in
        try NewFile.create(path, contents: text, owner: owner)
      }
    }
    let readBack = try text(at: path)
    guard readBack.equals(expected), try parse(readBack, source: path).equals(key) else {
      throw .readBackDiffers(path: path)
    }
    return file
  }

  /// Reads a key from what a person named: a file, or a pipe. See `parseAny`.
  package static func read(
    _ path: String, foundInLine: (Int) -> Void = { _ in }
  ) throws(KeyError) -> MasterKey {
    let text = try rethrow(as: KeyError.native, SecretFile.read(path, limit: sizeLimit))
    return try parseAny(text, source: path, foundInLine: foundInLine)
  }

  /// Reads a key from a file that was found, as by the name in a journal: see `SecretFile.readPlain`.
  package static func readFound(_ path: String) throws(KeyError) -> MasterKey {
    try parse(text(at: path), source: path)
  }

  /// Reads a key from standard input to its end; errors name it `standard input`.
  package static func readStandardInput(
    foundInLine: (Int) -> Void = { _ in }
  ) throws(KeyError) -> MasterKey {
    let text = try rethrow(as: KeyError.native, SecretFile.readStandardInput(limit: sizeLimit))
    return try parseAny(text, source: "standard input", foundInLine: foundInLine)
  }

  /// A key file, or anything else that people have a key in, if there is exactly one possible key in it.
  ///
  /// - Parameter foundInLine: called with the line of the key if the text is not that of a key file.
  /// - Throws: also `KeyError.encodedTwice`, `.protectedValue` or `.severalKeys`.
  package static func parseAny(
    _ text: borrowing SecretBytes, source: String, foundInLine: (Int) -> Void
  ) throws(KeyError) -> MasterKey {
    let fault: KeyError
    do throws(KeyError) {
      let key = try parse(text, source: source)
      // 24 characters are 192 bits to whoever reads their bytes.
      if key.size == .bits192, try isKeyText(key.bytes) { throw .encodedTwice(source: source) }
      return key
    } catch .fingerprintDiffers {
      throw .fingerprintDiffers(source: source)
    } catch .encodedTwice {
      throw .encodedTwice(source: source)
    } catch .machineID {
      throw .machineID(source: source)
    } catch {
      fault = error
    }
    let plain = KeyFileText.plain(text)
    return try plain.withBytes { (bytes) throws(KeyError) in
      if KeyInText.isConfig(bytes) { throw .protectedValue(source: source) }
      if case .wrongLength = fault {
        let line = try KeyFileText.lines(of: bytes, source: source).key
        let decoded = Base64.decodeSecret(bytes.extracting(line))
        if let decoded, try isKeyText(decoded) { throw .encodedTwice(source: source) }
      }
      let found = KeyInText.keys(in: bytes)
      guard let only = found.first else { throw fault }
      guard found.count == 1 else { throw .severalKeys(source: source, count: found.count) }
      let key = try MasterKey(base64: bytes.extracting(only.range), source: source)
      try requireClaimed(KeyFileText.fingerprints(in: bytes), of: bytes, key, source)
      foundInLine(only.line)
      return key
    }
  }

  /// Whether bytes are the base64 of a key, perhaps with a newline after it.
  private static func isKeyText(_ bytes: borrowing SecretBytes) throws(KeyError) -> Bool {
    bytes.withBytes { bytes in
      let found = KeyInText.keys(in: bytes)
      guard found.count == 1, found[0].range.lowerBound == 0 else { return false }
      return (found[0].range.upperBound..<bytes.count).allSatisfy {
        bytes[$0] == UInt8(ascii: "\n") || bytes[$0] == UInt8(ascii: "\r")
      }
    }
  }

  /// - Throws: `KeyError.missing`, `.notAlone`, `.notBase64`, `.wrongLength` or
  ///   `.fingerprintDiffers`, each naming `source`.
  package static func parse(
    _ text: borrowing SecretBytes, source: String
  ) throws(KeyError) -> MasterKey {
    let plain = KeyFileText.plain(text)
    return try plain.withBytes { (bytes) throws(KeyError) in
      let lines = try KeyFileText.lines(of: bytes, source: source)
      // A key of 192 bits has no other character once in 2^64 times.
      if lines.key.count == 32, lines.key.allSatisfy({ isHexadecimal(bytes[$0]) }) {
        throw .machineID(source: source)
      }
      let key = try MasterKey(base64: bytes.extracting(lines.key), source: source)
      try requireClaimed(lines.fingerprints, of: bytes, key, source)
      return key
    }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
  }

  /// Fails where a comment names another key.
  private static func requireClaimed(
    _ claims: [Range<Int>], of text: Span<UInt8>, _ key: borrowing MasterKey, _ source: String
  ) throws(KeyError) {
    let fingerprint = Array(try KeyFingerprint(of: key).description.utf8)
    for claim in claims where Array(copying: text.extracting(claim)) != fingerprint {
      throw .fingerprintDiffers(source: source)
    }
  }

  /// Who else may get at the key: the permission bits (such as 0o640) of the file if its group or
  /// others may read or write it, nil if they may not. Other users cannot read a pipe.
  package static func exposure(_ path: String) throws(KeyError) -> UInt32? {
    let status = try rethrow(as: KeyError.native, FileStatus.read(path))
    return status.kind == .regular && status.mode & 0o066 != 0 ? status.mode : nil
  }

  private static func text(at path: String) throws(KeyError) -> SecretBytes {
    try rethrow(as: KeyError.native, SecretFile.readPlain(path, limit: sizeLimit))
  }

  package static func contents(
    _ key: borrowing MasterKey, created: Date
  ) throws(KeyError) -> SecretBytes {
    let comment = """
      # Octopus Deploy Master Key. Whoever has it can read every secret in the database.
      # created: \(created.formatted(.iso8601))
      # bits: \(key.size.rawValue)
      # fingerprint: \(try KeyFingerprint(of: key))

      """
    let head = Array(comment.utf8)
    let body = key.base64()
    var text = SecretBytes(count: head.count + body.count + 1)
    text.withMutableBytes { text in
      for index in head.indices { text[index] = head[index] }
      body.withBytes { for index in $0.indices { text[head.count + index] = $0[index] } }
      text[head.count + body.count] = UInt8(ascii: "\n")
    }
    return text
  }
}
