// A passphrase, typed or from a file, which encrypts and decrypts a backup.

package import Native

/// A passphrase as it is used: UTF-8 without the line end that follows it in a file.
package struct Passphrase: ~Copyable, Sendable {
  /// More bytes than any passphrase has.
  package static let sizeLimit = 1024
  /// Fewer characters than this can be guessed by trying.
  package static let shortLength = 12

  let bytes: SecretBytes

  /// Whether it is short enough to be found by trying.
  package var isShort: Bool { bytes.count < Passphrase.shortLength }

  /// Takes what was typed or read. A byte order mark before it and one line end after it do not count:
  /// editors and `echo` add them.
  ///
  /// - Throws: `BackupError.unfitPassphrase` for an empty one, for several lines, and for what no keyboard
  ///   types.
  package init(_ text: borrowing SecretBytes, source: String) throws(BackupError) {
    let range = text.withBytes { $0.withoutMarkAndLineEnd }
    let fault: PassphraseFault? = text.withBytes { bytes in
      let line = bytes.extracting(range)
      if line.isEmpty { return .empty }
      if !MachineKeys.isTypable(line) { return .noText }
      return line.indices.contains { line[$0] == 0x0A || line[$0] == 0x0D } ? .severalLines : nil
    }
    if let fault { throw .unfitPassphrase(source: source, fault) }
    bytes = text.withBytes { SecretBytes(copying: $0.extracting(range)) }
  }

  /// Reads the passphrase in the file at `path`, or in what a pipe of that name brings.
  package static func read(_ path: String) throws(BackupError) -> Passphrase {
    let text = try rethrow(as: BackupError.native, SecretFile.read(path, limit: sizeLimit))
    return try Passphrase(text, source: path)
  }

  package static func readStandardInput() throws(BackupError) -> Passphrase {
    let text = try rethrow(as: BackupError.native, SecretFile.readStandardInput(limit: sizeLimit))
    return try Passphrase(text, source: "standard input")
  }

  package borrowing func equals(_ other: borrowing Passphrase) -> Bool { bytes.equals(other.bytes) }
}

package enum PassphraseFault: Equatable, Sendable {
  case empty, severalLines
  /// Control characters, or no UTF-8: another encoding, or a file that is something else.
  case noText
}
