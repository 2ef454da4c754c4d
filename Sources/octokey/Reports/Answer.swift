// Prints the answer of a command: the one place for it.

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
