// What the reports of all commands share.

import FoundationEssentials
import OctopusKeys

/// What a command found or did: as JSON for scripts (octokey-files(5)), and in words. The names of
/// the properties are the keys of the JSON; a time is in the form of ISO 8601.
protocol CommandReport: Encodable {
  /// The report in words; it ends with a newline.
  var text: String { get }
}

struct StoreName: Codable, Equatable {
  let kind: String
  let location: String
}

extension StoreName {
  init(_ store: any Store) { self.init(kind: store.kind, location: store.location) }
}

extension Double {
  /// The number with two digits after the point.
  var inHundredths: String {
    let hundredths = Int((self * 100).rounded())
    let rest = String(hundredths % 100)
    return "\(hundredths / 100)." + (rest.count == 1 ? "0" + rest : rest)
  }
}

extension Encodable {
  /// The value as indented JSON with a newline at the end. What a terminal would take for a command, or not show, is
  /// escaped in it.
  func indentedJSON() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    return Array(text.withUnprintablesAsJSON.utf8) + [UInt8(ascii: "\n")]
  }
}

extension [String] {
  var numbered: [String] { enumerated().map { "  \($0 + 1). \($1)" } }
}
