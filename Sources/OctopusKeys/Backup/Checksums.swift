// The list of a backup's files, in the form of sha256sum(1): `sha256sum -c SHA256SUMS` checks it, too.

internal import Native

/// The SHA-256 of every file of a folder, by path in it.
package struct Checksums: Equatable, Sendable {
  package static let fileName = "SHA256SUMS"

  package private(set) var digests: [ExactName: String] = [:]

  /// Reads all files of `folder`, which holds nothing but regular files and folders of such.
  package init(of folder: String) throws(BackupError) {
    for name in try Checksums.names(in: folder) {
      digests[ExactName(name)] = try Checksums.digest(of: folder + "/" + name)
    }
  }

  /// Reads a list; nil if it is none.
  package init?(text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let isEscaped = line.first == UInt8(ascii: "\\")
      // Not by character: a name may begin with an accent.
      let parts = isEscaped ? line.dropFirst() : line
      let digest = String(decoding: parts.prefix(64), as: UTF8.self)
      guard parts.count > 66, parts.dropFirst(64).starts(with: "  ".utf8),
        digest.utf8.count == 64, digest.allSatisfy({ $0.isASCII && $0.isHexDigit })
      else { return nil }
      let name = String(decoding: parts.dropFirst(66), as: UTF8.self)
      let path = isEscaped ? Checksums.unescaped(name) : name
      guard Checksums.staysInside(path),
        digests.updateValue(digest.lowercased(), forKey: ExactName(path)) == nil
      else { return nil }
    }
    if digests.isEmpty { return nil }
  }

  /// The list as sha256sum(1) writes it, in the order of the names.
  package var text: [UInt8] {
    var lines = ""
    for (exactName, digest) in digests.sorted(by: { $0.key < $1.key }) {
      let name = exactName.text
      let escaped = name.replacing(scalar: "\\", with: "\\\\")
        .replacing(scalar: "\n", with: "\\n").replacing(scalar: "\r", with: "\\r")
      lines += "\(escaped.utf8.count == name.utf8.count ? "" : "\\")\(digest)  \(escaped)\n"
    }
    return Array(lines.utf8)
  }

  /// All files of a folder and of those in it, but for the list and its digest.
  package static func names(in folder: String) throws(BackupError) -> [String] {
    var names: [String] = []
    var folders = [""]
    try rethrow(as: BackupError.native) { () throws(NativeError) in
      while let inner = folders.popLast() {
        for name in try FolderNames.read(inner.isEmpty ? folder : folder + "/" + inner) {
          let whole = inner.isEmpty ? name : inner + "/" + name
          if try FileStatus.readLink(folder + "/" + whole).kind == .folder {
            folders.append(whole)
          } else {
            names.append(whole)
          }
        }
      }
    }
    return names.filter { $0 != fileName && $0 != fileName + BackupFolder.sealedSuffix }
      .sorted { ExactName($0) < ExactName($1) }
  }

  static func digest(of path: String) throws(BackupError) -> String {
    try rethrow(as: BackupError.native, Digest.sha256(file: path)).hexadecimal
  }

  package static func digest(of bytes: [UInt8]) throws(BackupError) -> String {
    try rethrow(as: BackupError.native, Digest.sha256(bytes.span)).hexadecimal
  }

  /// Whether a name from a list can only mean a file of the folder.
  private static func staysInside(_ name: String) -> Bool {
    // Not by character: one with an accent is another than the slash.
    !name.utf8.contains(0)
      && name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .allSatisfy { part in
          !["", ".", ".."].contains { part.elementsEqual($0.utf8) }
        }
  }

  private static func unescaped(_ name: String) -> String {
    var result = ""
    var isEscaped = false
    for character in name.unicodeScalars {
      switch (isEscaped, character) {
      case (false, "\\"):
        isEscaped = true
        continue
      case (true, "n"): result += "\n"
      case (true, "r"): result += "\r"
      default: result.unicodeScalars.append(character)
      }
      isEscaped = false
    }
    return result
  }
}
