// The argument parser's messages in octokey's form.

extension Failure {
  /// Wrong usage; `text` is the parser's message: a sentence, perhaps followed by advice.
  init(usage text: String, command: String?) {
    let lines = text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
    // Of several readings of one argument the first one is the likeliest.
    let whole = lines.prefix { $0 != "or:" && !$0.hasPrefix("or: ") }.joined(separator: " ")
    if let wrong = whole.firstMatch(of: /^The value '([^']*)' is invalid for '[^']*'/) {
      // `Please provide one of 'text' or 'json'.`, or `the following: - linux - windows`
      let values = whole[wrong.range.upperBound...].matches(of: /'([^']+)'| - ([^ ]+)/)
      let words = values.compactMap { ($0.1 ?? $0.2).map(String.init) }
      // A number that is near another one is not meant for it.
      let near =
        wrong.1.allSatisfy(\.isNumber) ? [] : NearSpellings.of(String(wrong.1), among: words)
      if !words.isEmpty {
        self.init(
          clause(String(wrong.0)),
          hint: near.isEmpty
            ? "one of \(words.joined(separator: ", "))"
            : "did you mean \(near.joined(separator: ", or "))?", status: .usage)
        return
      }
    }
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
