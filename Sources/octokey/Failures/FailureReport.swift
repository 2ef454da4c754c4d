// A failure as JSON, in place of the answer that the command could not give.

struct FailureReport: JSONReport {
  static let schemaName = ReportName.error
  static let schema: Schema = [
    "error": ["message": .string, "hint?": .string, "exitCode": .integer]
  ]

  private struct Fault: Encodable {
    let message: String
    let hint: String?
    let exitCode: Int32
  }

  private let error: Fault

  init(_ failure: Failure, _ ending: Ending) {
    error = Fault(
      message: failure.message.withKeysMasked, hint: failure.hint?.withKeysMasked,
      exitCode: ending.code)
  }
}
