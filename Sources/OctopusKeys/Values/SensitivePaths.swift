// Where the server is known to keep sensitive values. Values are found by their shape, wherever they
// are; this list adds one thing: what is in one of these places without the shape is damaged, or was never
// encrypted, and must be reported.
//
// Only places with good evidence are listed; a wrong entry would stop legitimate runs.

struct SensitivePaths {
  /// Paths of properties from the document's root; `[]` is any element of an array.
  private let paths: Set<String>

  /// Whether a binary field of this collection is known to hold ciphertext.
  let binaryFieldsAreCiphertext: Bool

  /// The places of the collection called `name`, in whatever letter case.
  init(collection name: String) {
    let table = name.lowercased()
    paths = SensitivePaths.pathsByCollection[table] ?? []
    binaryFieldsAreCiphertext = table == "blobdocument" || table == "blobdocuments"
  }

  /// Whether a string at `path` must be a ciphertext or empty.
  func require(_ path: String) -> Bool {
    // That property exists for nothing else, wherever it is.
    path == SensitivePaths.sensitiveValue || path.hasSuffix("." + SensitivePaths.sensitiveValue)
      || paths.contains(path)
  }

  /// Whether a property whose name is in `range` may be in the list at all: asked for every string
  /// of every document, so it looks at the length first.
  static func mayRequire(lastKey text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count < 64, keyLengths & (1 << UInt64(range.count)) != 0 else { return false }
    return lastKeys.contains { key in
      key.count == range.count && key.indices.allSatisfy { key[$0] == text[range.lowerBound + $0] }
    }
  }

  private static let sensitiveValue = "SensitiveValue"

  private static let pathsByCollection: [String: Set<String>] = [
    "account": [
      "Password", "SecretKey", "JsonKey", "Token", "PrivateKeyFile", "PrivateKeyPassphrase",
    ],
    "certificate": ["CertificateData", "Password"],
    "feed": ["Password", "SecretKey"],
    "gitcredential": ["details.Password", "Details.Password"],
    "machine": ["Endpoint.SensitiveVariablesEncryptionPassword"],
    "worker": ["Endpoint.SensitiveVariablesEncryptionPassword"],
    "proxy": ["Password"],
    "extensionconfiguration": [
      "ClientSecret", "ConnectPassword", "ReleaseNoteOptions.Password",
      "Connections[].PersonalAccessToken",
    ],
  ]

  /// The last parts of all paths, as UTF-8.
  private static let lastKeys: [[UInt8]] = {
    var keys: Set<String> = [sensitiveValue]
    for path in pathsByCollection.values.joined() {
      keys.insert(String(path.split(separator: ".").last ?? ""))
    }
    return keys.map { Array($0.utf8) }
  }()

  /// One bit for each length in `lastKeys`.
  private static let keyLengths: UInt64 = lastKeys.reduce(0) { $0 | 1 << UInt64($1.count) }
}
