// What a command answers: one type for each answer, with its JSON, its schema and its text. `Context.answer` prints it.

import FoundationEssentials

/// What is printed as JSON. Its properties are the keys (octokey-json(5)); those of every command are in `Envelope`.
protocol JSONReport: Encodable {
  /// The name for `octokey schema`.
  static var schemaName: ReportName { get }
  /// The properties of the JSON, without those of the envelope.
  static var schema: Schema { get }
}

/// What a command found or did.
protocol CommandReport: JSONReport {
  /// How the command ends.
  var status: ExitStatus { get }
  /// The report in words; it ends with a newline.
  var text: String { get }
}

/// What the JSON of every command begins with. The version changes when a key changes its name or its meaning, not when one
/// is added.
struct Envelope: Encodable {
  static let schemaVersion = 1

  static func schema(of name: ReportName) -> Schema {
    [
      "schema": .word([name.rawValue]), "schemaVersion": .integer, "command": .string,
      "time": .string,
      "outcome": .word(Outcome.allCases.map(\.rawValue)),
    ]
  }

  /// The name for `octokey schema`.
  let schema: ReportName
  /// Such as `backup create`.
  let command: String
  /// When the run began, in the form of ISO 8601, UTC.
  let time: String
  let outcome: Outcome
  let contents: any Encodable

  private enum CodingKeys: CodingKey { case schema, schemaVersion, command, time, outcome }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(Envelope.schemaVersion, forKey: .schemaVersion)
    try container.encode(command, forKey: .command)
    try container.encode(time, forKey: .time)
    try container.encode(outcome.rawValue, forKey: .outcome)
    try contents.encode(to: encoder)
  }
}

extension Encodable {
  /// The value as indented JSON with a newline at the end. What a terminal would take for a command, or not show, is
  /// escaped in it.
  func indentedJSON() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self).withUnprintablesAsJSON + "\n"
  }
}

/// A value that is null in the JSON if it is nil; synthesized code would leave its key out.
@propertyWrapper
struct OrNull<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}
