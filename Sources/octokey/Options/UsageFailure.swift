// The argument parser's messages in octokey's form.

extension Failure {
  /// Wrong usage; `text` is the parser's message: a sentence, perhaps followed by advice.
  init(usage text: String, command: String?) {
    let lines = text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
    let whole = lines.joined(separator: " ")
    // `Unknown option '--stor'. Did you mean '--store'?`
    for border in [". ", "? "] {
      guard let range = whole.ranges(of: border).first else { continue }
      self.init(
        clause(String(whole[..<range.lowerBound])),
        hint: clause(String(whole[range.upperBound...])), status: .usage)
      return
    }
    let help = "octokey \(command.map { $0 + " " } ?? "")--help shows the options"
    self.init(clause(whole), hint: help, status: .usage)
  }
}
