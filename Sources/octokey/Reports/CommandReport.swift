// What a command answers: one type for each answer, with its JSON, its schema and its text. `Context.answer` prints it.

import FoundationEssentials

/// What is printed as JSON. Its properties are the keys (octokey-json(5)); those of every command are in `Envelope`.
protocol JSONReport: Encodable {
  /// The name for `octokey schema`.
  static var schemaName: String { get }
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

  static func schema(of name: String) -> Schema {
    [
      "schema": .word([name]), "schemaVersion": .integer, "command": .string, "time": .string,
      "outcome": .word(Ending.Outcome.allCases.map(\.rawValue)),
    ]
  }

  /// The name for `octokey schema`.
  let schema: String
  /// Such as `backup create`.
  let command: String
  /// When the run began, in the form of ISO 8601, UTC.
  let time: String
  let outcome: String
  let contents: any Encodable

  private enum CodingKeys: CodingKey { case schema, schemaVersion, command, time, outcome }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(Envelope.schemaVersion, forKey: .schemaVersion)
    try container.encode(command, forKey: .command)
    try container.encode(time, forKey: .time)
    try container.encode(outcome, forKey: .outcome)
    try contents.encode(to: encoder)
  }
}

extension Context {
  /// Prints the answer of the command.
  ///
  /// - Returns: how the command ends.
  func answer(_ report: some CommandReport, as format: OutputFormat) throws -> ExitStatus {
    switch format {
    case .text: console.print(raw: report.text)
    case .json: console.print(raw: try json(of: report, Ending(report.status)))
    }
    return report.status
  }

  func json(of report: some JSONReport, _ ending: Ending) throws -> String {
    try Envelope(
      schema: type(of: report).schemaName, command: command, time: time,
      outcome: ending.outcome, contents: report
    ).indentedJSON()
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
