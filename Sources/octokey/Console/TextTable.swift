// Tables, lists and numbers, for reports.

enum TextTable {
  /// Lines without newlines, each indented by two spaces; the first one has the titles.
  static func lines(titles: [String], rows: [(name: String, numbers: [Int])]) -> [String] {
    let width = max(10, rows.map(\.name.count).max() ?? 0)
    let widths = titles.map { max(10, $0.count) + 2 }
    func line(_ name: String, _ cells: [String]) -> String {
      var line = "  " + name + String(repeating: " ", count: width - name.count)
      for (cell, width) in zip(cells, widths) {
        line += String(repeating: " ", count: max(1, width - cell.count)) + cell
      }
      return line
    }
    return [line("", titles)] + rows.map { line($0.name, $0.numbers.map(String.init)) }
  }
}

extension [String] {
  var numbered: [String] { enumerated().map { "  \($0 + 1). \($1)" } }
}

extension Double {
  /// The number with two digits after the point.
  var inHundredths: String {
    let hundredths = Int((self * 100).rounded())
    let rest = String(hundredths % 100)
    return "\(hundredths / 100)." + (rest.count == 1 ? "0" + rest : rest)
  }
}
