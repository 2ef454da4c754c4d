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
    /// Elements inside, which mean nothing to the server, but belong to some user.
    let inner: [Range<Int>]
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
    let spelling = SettingXML(text)
    settings = elements.indices.compactMap { [elements] index in
      let element = elements[index]
      guard element.depth == 1, element.name == "set", element.namespace == nil else { return nil }
      let inner = NodeConfig.children(of: index, in: elements)
      let bytes = element.content.map { spelling.value(in: $0, inner: inner) } ?? []
      let value = String(decoding: bytes, as: UTF8.self)
      return Setting(
        key: element.attributes["key"] ?? "",
        value: NodeConfig.isBlank(value) ? nil : value, element: element, inner: inner)
    }
  }

  /// Where the elements directly inside the element `index` are.
  private static func children(of index: Int, in elements: [XMLSpans.Element]) -> [Range<Int>] {
    let depth = elements[index].depth
    return elements[(index + 1)...].prefix { $0.depth > depth }
      .filter { $0.depth == depth + 1 }.map { $0.startTag.lowerBound..<$0.end }
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
  /// for one scalar, where a letter that is not ASCII never becomes one that is. Two names are the same
  /// setting exactly if these are equal; whatever groups or looks up settings by name uses it.
  package static func folded(_ key: String) -> [UInt32] {
    key.unicodeScalars.map { scalar in
      // The simple mapping, which the standard library does not have by itself: where the full capital
      // form is longer (as of ß), it is the title form if that is a single scalar (as of ᾳ).
      let properties = scalar.properties
      for mapping in [properties.uppercaseMapping, properties.titlecaseMapping] {
        let capital = mapping.unicodeScalars
        guard capital.count == 1, let first = capital.first else { continue }
        return first.isASCII == scalar.isASCII ? first.value : scalar.value
      }
      return scalar.value
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
