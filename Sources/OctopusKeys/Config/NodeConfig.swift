// A node's OctopusServer.config: a flat list of settings in XML, as the server reads it. Reading is
// here; changing it without touching another byte is in NodeConfig+Editing.swift.

internal import Native

/// The settings of one node, and where in the file each of them is.
package struct NodeConfig: Sendable {
  /// One `set` element.
  struct Setting {
    let key: String
    /// The decoded text; nil if there is none, or only white space.
    let value: String?
    let element: XMLSpans.Element
  }

  package let path: String

  /// The text in UTF-8; positions count in it.
  let text: [UInt8]
  /// How the file's bytes become that text.
  let encoding: Encoding
  /// All elements of the file, and those among them that count.
  let elements: [XMLSpans.Element]
  let root: XMLSpans.Element
  let settings: [Setting]

  enum Encoding {
    case utf8
    case utf16(UTF16Text.ByteOrder)
  }

  /// - Throws: `ConfigError.malformed`, `.forbidden` or `.wrongRoot`.
  package init(contents: [UInt8], path: String) throws(ConfigError) {
    self.path = path
    (encoding, text) = try NodeConfig.decode(contents, path)
    elements = try rethrow(as: { NodeConfig.named($0, path) }, XMLSpans(text).elements)
    guard let root = elements.first else {
      throw .malformed(path: path, line: 1, column: 1, reason: "root element is missing")
    }
    guard root.name == "octopus-settings", root.namespace == nil else {
      throw .wrongRoot(path: path, found: root.name)
    }
    self.root = root
    settings = elements.compactMap { element in
      guard element.depth == 1, element.name == "set", element.namespace == nil else { return nil }
      let value = String(decoding: element.text, as: UTF8.self)
      return Setting(
        key: element.attributes["key"] ?? "",
        value: NodeConfig.isBlank(value) ? nil : value, element: element)
    }
  }

  /// Whether the server takes `value` for a missing one.
  static func isBlank(_ value: String) -> Bool {
    value.unicodeScalars.allSatisfy(\.properties.isWhitespace)
  }

  /// The value of a setting, or nil if it is missing or blank. Of several the last one counts, as for
  /// the server.
  package func value(of key: String) -> String? { setting(key)?.value }

  func setting(_ key: String) -> Setting? {
    settings.last { NodeConfig.isSame($0.key, key) }
  }

  package static func isSame(_ one: String, _ other: String) -> Bool {
    folded(one) == folded(other)
  }

  /// A key as .NET's ordinal comparison without regard to case sees it: capital letters, one scalar
  /// for one scalar, where a letter that is not ASCII never becomes one that is.
  static func folded(_ key: String) -> [UInt32] {
    key.unicodeScalars.map { scalar in
      let capital = scalar.properties.uppercaseMapping.unicodeScalars
      guard let first = capital.first, capital.count == 1, first.isASCII == scalar.isASCII else {
        return scalar.value
      }
      return first.value
    }
  }

  private static func decode(
    _ contents: [UInt8], _ path: String
  ) throws(ConfigError) -> (Encoding, [UInt8]) {
    let order: UTF16Text.ByteOrder
    switch (contents.first, contents.dropFirst().first) {
    case (0xFF, 0xFE): order = .little
    case (0xFE, 0xFF): order = .big
    default: return (.utf8, contents)
    }
    var text: [UInt8] = []
    guard UTF16Text.decode(contents.span, order: order, appendingTo: &text) else {
      throw .malformed(
        path: path, line: 1, column: 1, reason: "it is UTF-16 with an odd number of bytes")
    }
    return (.utf16(order), text)
  }

  private static func named(_ error: NativeError, _ path: String) -> ConfigError {
    switch error {
    case .malformedXML(let line, let column, let reason):
      .malformed(path: path, line: line, column: column, reason: reason)
    case .forbiddenXML(let line, let construct):
      .forbidden(path: path, line: line, construct: construct)
    default: .native(error)
    }
  }
}
