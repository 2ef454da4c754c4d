// Where the server is known to keep sensitive values. Values are found by their shape, wherever they
// are; this list adds one thing: what is in one of these places without the shape is damaged, or was never
// encrypted, and must be reported.
//
// Only places with good evidence are listed; a wrong entry would stop legitimate runs.

struct SensitivePaths {
  /// A step from the document's root: a property, by its name as UTF-8, or any element of an array.
  enum Step: Equatable {
    case property([UInt8])
    case element
  }

  private let paths: [[Step]]

  /// Whether a binary field of this collection is known to hold ciphertext.
  let binaryFieldsAreCiphertext: Bool

  /// The places of the collection called `name`, in whatever letter case.
  init(collection name: String) {
    let table = name.lowercased()
    paths = (SensitivePaths.pathsByCollection[table] ?? []).map { path in
      path.split(separator: ".").flatMap { name in
        name.hasSuffix("[]")
          ? [.property(Array(name.dropLast(2).utf8)), .element] : [.property(Array(name.utf8))]
      }
    }
    binaryFieldsAreCiphertext = table == "blobdocument" || table == "blobdocuments"
  }

  /// Whether a string must be a ciphertext or empty. It is `depth` steps from the root, the last one is
  /// the property in `lastKey`, and `matches` compares one of them. A path is compared step by step and
  /// never put together: a document may have many deep ones, or long names.
  func require(
    lastKey text: Span<UInt8>, _ lastKey: Range<Int>, depth: Int, _ matches: (Int, Step) -> Bool
  ) -> Bool {
    // That property exists for nothing else, wherever it is.
    if SensitivePaths.equal(SensitivePaths.sensitiveValue, text, lastKey) { return true }
    return paths.contains { path in
      path.count == depth && path.indices.allSatisfy { matches($0, path[$0]) }
    }
  }

  /// Whether a property whose name is in `range` may be in the list at all: asked for every string
  /// of every document, so it looks at the length first.
  static func mayRequire(lastKey text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count < 64, keyLengths & (1 << UInt64(range.count)) != 0 else { return false }
    return lastKeys.contains { equal($0, text, range) }
  }

  static func equal(_ word: [UInt8], _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    word.count == range.count && word.indices.allSatisfy { word[$0] == text[range.lowerBound + $0] }
  }

  private static let sensitiveValue = Array("SensitiveValue".utf8)

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
    var keys: Set<[UInt8]> = [sensitiveValue]
    for path in pathsByCollection.values.joined() {
      keys.insert(Array((path.split(separator: ".").last ?? "").utf8))
    }
    return Array(keys)
  }()

  /// One bit for each length in `lastKeys`.
  private static let keyLengths: UInt64 = lastKeys.reduce(0) { $0 | 1 << UInt64($1.count) }
}
