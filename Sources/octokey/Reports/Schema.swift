// JSON Schemas (draft 2020-12) of the reports, in a short notation: an object is a dictionary of its properties, and a
// question mark after a name means that it may be missing.

indirect enum Schema: Sendable {
  case string, integer, number, boolean, null
  /// One of these words.
  case word([String])
  case list(Schema)
  case object([(name: String, schema: Schema)])
  case orNull(Schema)
  /// Anything that one of these describes.
  case either([Schema])

  /// This object with the properties of another one before its own.
  func after(_ other: Schema) -> Schema {
    guard case .object(let own) = self, case .object(let others) = other else {
      preconditionFailure("two objects are needed")
    }
    return .object(others + own)
  }

  /// The names of all properties, of inner objects as well.
  var names: Set<String> {
    switch self {
    case .string, .integer, .number, .boolean, .null, .word: []
    case .list(let schema), .orNull(let schema): schema.names
    case .either(let schemas): schemas.reduce(into: []) { $0.formUnion($1.names) }
    case .object(let properties):
      properties.reduce(into: []) {
        $0.insert(Schema.plain($1.name))
        $0.formUnion($1.schema.names)
      }
    }
  }

  private static func plain(_ name: String) -> String {
    name.hasSuffix("?") ? String(name.dropLast()) : name
  }
}

extension Schema: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral properties: (String, Schema)...) {
    self = .object(properties.map { (name: $0, schema: $1) })
  }
}

extension Schema: Encodable {
  private struct Keyword: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keyword.self)
    func put(_ value: some Encodable, _ key: String) throws {
      try container.encode(value, forKey: Keyword(stringValue: key))
    }
    switch self {
    case .string: try put("string", "type")
    case .integer: try put("integer", "type")
    case .number: try put("number", "type")
    case .boolean: try put("boolean", "type")
    case .null: try put("null", "type")
    case .word(let words): try put(words, "enum")
    case .list(let schema):
      try put("array", "type")
      try put(schema, "items")
    case .orNull(let schema): try put([schema, .null], "anyOf")
    case .either(let schemas): try put(schemas, "anyOf")
    case .object(let properties):
      try put("object", "type")
      try put(false, "additionalProperties")
      try put(properties.map(\.name).filter { !$0.hasSuffix("?") }, "required")
      var inner = container.nestedContainer(
        keyedBy: Keyword.self, forKey: Keyword(stringValue: "properties"))
      for (name, schema) in properties {
        try inner.encode(schema, forKey: Keyword(stringValue: Schema.plain(name)))
      }
    }
  }
}
