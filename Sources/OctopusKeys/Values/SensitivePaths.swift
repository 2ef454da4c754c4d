// Where the server is known to keep sensitive values. Values are found by their shape, wherever they
// are; this list adds one thing: what is in one of these places without the shape is damaged, or was never
// encrypted, and must be reported.
//
// Only places with good evidence are listed; a wrong entry would stop legitimate runs.

struct SensitivePaths {
  /// A step from the document's root: a property, by its name as UTF-8 or of any name, or any element of an array.
  enum Step: Equatable {
    case property([UInt8])
    case anyProperty
    case element
  }

  /// Those that end in a property, and those that end in an element of an array.
  private let propertyPaths: [[Step]]
  private let elementPaths: [[Step]]

  /// The names that properties in the list have, as UTF-8, and one bit for each length among them.
  private let lastKeys: [[UInt8]]
  private let keyLengths: UInt64

  /// Whether a binary field of this collection is known to hold ciphertext.
  let binaryFieldsAreCiphertext: Bool

  /// Whether documents of this collection have templates, whose default value must be a ciphertext where their
  /// control is one for secrets.
  let hasTemplates: Bool

  /// The places of the collection called `name`, in any letter case.
  init(collection name: String) {
    let table = name.lowercased()
    let paths = (SensitivePaths.pathsByCollection[table] ?? []).map(SensitivePaths.steps)
    propertyPaths = paths.filter { $0.last != .element }
    elementPaths = paths.filter { $0.last == .element }
    let keys = propertyPaths.compactMap { path -> [UInt8]? in
      if case .property(let name)? = path.last { name } else { nil }
    }
    lastKeys = [SensitivePaths.sensitiveValue] + keys
    keyLengths = lastKeys.reduce(0) { $0 | 1 << UInt64($1.count) }
    binaryFieldsAreCiphertext = table == "blobdocument" || table == "blobdocuments"
    hasTemplates = table == "project" || table == "libraryvariableset"
  }

  /// Whether any element of an array must be a ciphertext.
  var hasElements: Bool { !elementPaths.isEmpty }

  /// Whether a string must be a ciphertext or empty. It is `depth` steps from the root, the last one is
  /// the property in `lastKey`, and `matches` compares one of them. A path is compared step by step and
  /// never put together: a document may have many deep ones, or long names.
  func require(
    lastKey text: Span<UInt8>, _ lastKey: Range<Int>, depth: Int, _ matches: (Int, Step) -> Bool
  ) -> Bool {
    // That property exists for nothing else, wherever it is.
    if SensitivePaths.equal(SensitivePaths.sensitiveValue, text, lastKey) { return true }
    return SensitivePaths.contain(propertyPaths, depth: depth, matches)
  }

  /// The same with a string that is an element of an array.
  func requireElement(depth: Int, _ matches: (Int, Step) -> Bool) -> Bool {
    SensitivePaths.contain(elementPaths, depth: depth, matches)
  }

  /// Whether a property whose name is in `range` may be in the list at all: asked for every string
  /// of every document, so it looks at the length first.
  func mayRequire(lastKey text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count < 64, keyLengths & (1 << UInt64(range.count)) != 0 else { return false }
    return lastKeys.contains { SensitivePaths.equal($0, text, range) }
  }

  static func equal(_ word: [UInt8], _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    word.count == range.count && word.indices.allSatisfy { word[$0] == text[range.lowerBound + $0] }
  }

  private static func contain(
    _ paths: [[Step]], depth: Int, _ matches: (Int, Step) -> Bool
  ) -> Bool {
    paths.contains { path in
      path.count == depth && path.indices.allSatisfy { matches($0, path[$0]) }
    }
  }

  private static func steps(_ path: String) -> [Step] {
    path.split(separator: ".").flatMap { part -> [Step] in
      let isArray = part.hasSuffix("[]")
      let name = isArray ? part.dropLast(2) : part
      let property: Step = name == "*" ? .anyProperty : .property(Array(name.utf8))
      return isArray ? [property, .element] : [property]
    }
  }

  private static let sensitiveValue = Array("SensitiveValue".utf8)

  /// `*` is a property of any name.
  private static let pathsByCollection: [String: Set<String>] = [
    "account": [
      "Password", "SecretKey", "JsonKey", "Token", "PrivateKeyFile", "PrivateKeyPassphrase",
      "CertificateBytes",
    ],
    "certificate": ["CertificateData", "Password"],
    // At the top, and later in an object for the kind of credential.
    "configuration": ["SmtpPassword", "*.SmtpPassword"],
    "feed": ["Password", "SecretKey", "ServiceAccountJsonKey"],
    "gitcredential": ["details.Password", "Details.Password"],
    "machine": endpoint,
    "worker": endpoint,
    "project": ["PersistenceSettings.Credentials.Password"],
    "projecttrigger": ["Filter.Secret"],
    "proxy": ["Password"],
    "extensionconfiguration": [
      "ClientSecret", "ConnectPassword", "ReleaseNoteOptions.Password",
      "Connections[].PersonalAccessToken",
    ],
    // What old tasks hide in their logs.
    "servertask": ["LogContext.SensitiveValues[]"],
    "interruption": ["LogContext.SensitiveValues[]"],
  ]

  private static let endpoint: Set = [
    "Endpoint.SensitiveVariablesEncryptionPassword", "Endpoint.AadUserCredentialPassword",
  ]
}
