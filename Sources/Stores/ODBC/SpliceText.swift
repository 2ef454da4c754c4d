// The splices of one field as one text. A parameter costs a driver as much time as several hundred bytes of text, so
// the numbers of a splice are not parameters of their own.
//
// First come four numbers of eight digits for each splice: its start, counting from 1, and its length in the field,
// then the start and the length of what takes its place, in this text. What takes the places follows.

internal import OctopusKeys

enum SpliceText {
  private static let digits = 8
  private static let numbers = 4
  /// The length of a field whose places eight digits are enough for.
  static let longestField = 99_999_999
  /// What the place of a splice takes, in characters.
  static let placeLength = digits * numbers

  /// The parts of a splice, as expressions.
  struct Expressions {
    let start: String
    let length: String
    let replacement: String

    /// - Parameter text: an expression for the text.
    init(of splice: Int, in text: String, _ dialect: any SQLDialect) {
      func number(_ number: Int) -> String {
        let start = 1 + splice * SpliceText.placeLength + number * SpliceText.digits
        return dialect.number(of: "SUBSTRING(\(text), \(start), \(SpliceText.digits))")
      }
      start = number(0)
      length = number(1)
      replacement = "SUBSTRING(\(text), \(number(2)), \(number(3)))"
    }
  }

  /// Whether all replacements are ASCII, where a character is one byte and one unit in every engine, and all places
  /// have few enough digits.
  static func isPossible(_ edit: PageEdits.Edit, _ edits: PageEdits, of field: Span<UInt8>) -> Bool
  {
    guard field.count <= longestField, edit.newCount <= longestField else { return false }
    return edits.splices[edit.splices].allSatisfy { splice in
      edits.bytes[splice.replacement].allSatisfy { $0 < 0x80 }
    }
  }

  /// Appends the splices of an edit to `output`, and as many that change nothing as make `count`.
  ///
  /// - Parameters:
  ///   - escapes: whether a backslash is doubled, which the engine undoes.
  ///   - field: what is spliced.
  ///   - units: the length of a stretch of it in the units of the engine.
  static func append(
    _ edit: PageEdits.Edit, _ edits: PageEdits, count: Int, of field: Span<UInt8>,
    units: (Span<UInt8>) -> Int, escapes: Bool, to output: inout [UInt8]
  ) {
    let splices = edits.splices[edit.splices]
    var (start, done) = (1, 0)
    var place = 1 + count * placeLength
    for splice in splices {
      start += units(field.extracting(done..<splice.replaced.lowerBound))
      let length = units(field.extracting(splice.replaced))
      for number in [start, length, place, splice.replacement.count] {
        append(number, to: &output)
      }
      start += length
      done = splice.replaced.upperBound
      place += splice.replacement.count
    }
    for _ in splices.count..<count {
      for number in [1, 0, 1, 0] { append(number, to: &output) }
    }
    for splice in splices {
      for byte in edits.bytes[splice.replacement] {
        if escapes, byte == UInt8(ascii: "\\") { output.append(byte) }
        output.append(byte)
      }
    }
  }

  private static func append(_ number: Int, to output: inout [UInt8]) {
    var divisor = 10_000_000
    while divisor > 0 {
      output.append(0x30 + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}
