// How the settings of a node config are spelt in XML: what .NET writes and reads (octopus-formats,
// sections 1.1 and 8.2), and what people who edit by hand have put around it.

internal import Native

/// Makes and measures pieces of one config's text. Knows nothing of which setting is meant.
struct SettingXML {
  private let text: [UInt8]
  let lineEnd: [UInt8]

  init(_ text: [UInt8]) {
    self.text = text
    let first = text.firstIndex(where: SettingXML.isLineEnd)
    lineEnd =
      first.map { text[$0...].starts(with: [0x0D, 0x0A]) ? [0x0D, 0x0A] : [text[$0]] } ?? [0x0A]
  }

  /// Text as .NET escapes it: `&`, `<` and `>`, and control characters as references. Line ends stay as
  /// they are, because the server reads them so; other readers take a CR for an LF.
  static func escaped(_ value: String) -> [UInt8] {
    value.unicodeScalars.flatMap { Array(escaped($0).utf8) }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    default: XMLCharacters.controlReference(scalar) ?? String(scalar)
    }
  }

  /// A new element; without a value as .NET writes it, with a blank before the slash.
  func element(_ key: String, _ value: String?) -> [UInt8] {
    let attribute = key.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "&quot;"
      // Raw, other readers would take these for a blank.
      case "\n": "&#xA;"
      case "\r": "&#xD;"
      case "\t": "&#x9;"
      default: SettingXML.escaped(scalar)
      }
    }.joined()
    let start = Array("<set key=\"\(attribute)\"".utf8)
    guard let value else { return start + Array(" />".utf8) }
    return start + Array(">".utf8) + SettingXML.escaped(value) + Array("</set>".utf8)
  }

  /// `<set key="X" />` as `<set key="X">`.
  static func opened(_ tag: ArraySlice<UInt8>) -> [UInt8] {
    Array(trimmed(tag.dropLast(2))) + [UInt8(ascii: ">")]
  }

  /// `<set key="X">` as `<set key="X" />`.
  static func closed(_ tag: ArraySlice<UInt8>) -> [UInt8] {
    Array(trimmed(tag.dropLast(1))) + Array(" />".utf8)
  }

  /// What the server reads as the value of a setting.
  ///
  /// - Parameters:
  ///   - range: what stands between its tags.
  ///   - inner: where the elements inside are.
  func value(in range: Range<Int>, inner: [Range<Int>]) -> [UInt8] {
    let parts = SettingXML.parts(of: text[range], inner)
    guard let counting = counting(parts) else { return [] }
    return parts[counting].flatMap(decoded)
  }

  /// What stands between the tags of a setting, with another value instead of the one that the
  /// server reads. The rest stays.
  func content(_ range: Range<Int>, inner: [Range<Int>], value: String?) -> [UInt8] {
    let parts = SettingXML.parts(of: text[range], inner)
    guard let value else {
      // All text goes: what stands before the value would be read in its place.
      let rest = parts.filter { $0.kind == .markup || isBlank($0) }
      return rest.allSatisfy(isBlank) ? [] : rest.flatMap { text[$0.range] }
    }
    if var counting = counting(parts) {
      let new =
        parts[counting.lowerBound].kind == .cdata
        ? SettingXML.inCDATA(value) : SettingXML.escaped(value)
      if !new.starts(with: SettingXML.cdata.start) {
        // Blanks that CDATA kept apart would become a part of the value.
        while counting.lowerBound > 0, parts[counting.lowerBound - 1].kind == .text {
          counting = (counting.lowerBound - 1)..<counting.upperBound
        }
      }
      return parts[..<counting.lowerBound].flatMap { text[$0.range] } + new
        + parts[counting.upperBound...].flatMap { text[$0.range] }
    }
    // Blanks are no value, and make room for one.
    let place = parts.lastIndex { $0.kind == .text } ?? parts.endIndex
    let after = min(place + 1, parts.endIndex)
    return parts[..<place].flatMap { text[$0.range] } + SettingXML.escaped(value)
      + parts[after...].flatMap { text[$0.range] }
  }

  /// The parts that the server reads as the value: of a text that is split by a comment, an instruction
  /// or an element only the last one counts, from the first part on that is not white space alone. (The
  /// vendor's deserializer assigns each piece of text in turn, and skips white space before a piece.)
  private func counting(_ parts: [Part]) -> Range<Int>? {
    var end = parts.endIndex
    while end > 0 {
      let start = (parts[..<end].lastIndex { $0.kind == .markup }).map { $0 + 1 } ?? 0
      if let first = parts[start..<end].firstIndex(where: { !isBlank($0) }) { return first..<end }
      end = max(start - 1, 0)
    }
    return nil
  }

  /// Whether a part is white space of XML, references to it included, and neither CDATA nor markup.
  private func isBlank(_ part: Part) -> Bool {
    part.kind == .text
      && decoded(part).allSatisfy { SettingXML.isLineEnd($0) || SettingXML.isInLineBlank($0) }
  }

  private func decoded(_ part: Part) -> [UInt8] {
    switch part.kind {
    case .text: XMLCharacters.decoded(text[part.range])
    case .cdata:
      Array(
        text[part.range].dropFirst(SettingXML.cdata.start.count)
          .dropLast(SettingXML.cdata.end.count))
    case .markup: []
    }
  }

  /// The range with its indentation and line end; as it is, if something else stands on its lines.
  func wholeLines(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, SettingXML.isInLineBlank(text[start - 1]) { start -= 1 }
    while end < text.count, SettingXML.isInLineBlank(text[end]) { end += 1 }
    guard start > 0, SettingXML.isLineEnd(text[start - 1]), end < text.count,
      SettingXML.isLineEnd(text[end])
    else { return range }
    return start..<(end + (text[end...].starts(with: [0x0D, 0x0A]) ? 2 : 1))
  }

  /// The line end and the blanks before a byte; only the blanks if it is not the first of its line.
  func indentation(before index: Int) -> ArraySlice<UInt8> {
    var start = index
    while start > 0, SettingXML.isInLineBlank(text[start - 1]) { start -= 1 }
    guard start > 0, SettingXML.isLineEnd(text[start - 1]) else { return text[start..<index] }
    start -= 1
    if start > 0, text[start] == 0x0A, text[start - 1] == 0x0D { start -= 1 }
    return text[start..<index]
  }

  /// Behind the comments that begin after `index` on the same line, and at the end of the line if
  /// nothing else is on it.
  func endOfRemarks(after index: Int) -> Int {
    var (position, end) = (index, index)
    while true {
      while position < text.count, SettingXML.isInLineBlank(text[position]) { position += 1 }
      if position < text.count, SettingXML.isLineEnd(text[position]) { return position }
      guard text[position...].starts(with: SettingXML.comment.start) else { return end }
      let (start, mark) = SettingXML.comment
      position = SettingXML.after(mark, from: position + start.count, in: text[...])
      end = position
    }
  }

  /// Without the blanks at its end.
  static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let end = text.lastIndex { !isInLineBlank($0) && !isLineEnd($0) }
    return text[..<(end.map { $0 + 1 } ?? text.startIndex)]
  }

  static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private static func isInLineBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static let comment = (start: Array("<!--".utf8), end: Array("-->".utf8))
  private static let instruction = (start: Array("<?".utf8), end: Array("?>".utf8))
  private static let cdata = (start: Array("<![CDATA[".utf8), end: Array("]]>".utf8))

  private struct Part {
    enum Kind {
      case text, cdata, markup
    }

    let range: Range<Int>
    let kind: Kind
  }

  /// Text, CDATA and markup in turn; libxml2 has found all of it well-formed.
  private static func parts(of content: ArraySlice<UInt8>, _ inner: [Range<Int>]) -> [Part] {
    var parts: [Part] = []
    var inner = inner[...]
    var index = content.startIndex
    while index < content.endIndex {
      let rest = content[index...]
      let end: Int
      var kind = Part.Kind.markup
      if let element = inner.first, element.lowerBound == index {
        end = element.upperBound
        inner.removeFirst()
      } else if rest.starts(with: comment.start) {
        end = after(comment.end, from: index + comment.start.count, in: content)
      } else if rest.starts(with: instruction.start) {
        end = after(instruction.end, from: index, in: content)
      } else if rest.starts(with: cdata.start) {
        end = after(cdata.end, from: index, in: content)
        kind = .cdata
      } else {
        end = rest.dropFirst().firstIndex(of: UInt8(ascii: "<")) ?? content.endIndex
        kind = .text
      }
      parts.append(Part(range: index..<end, kind: kind))
      index = end
    }
    return parts
  }

  private static func after(_ mark: [UInt8], from start: Int, in text: ArraySlice<UInt8>) -> Int {
    text[start...].firstRange(of: mark)?.upperBound ?? text.endIndex
  }

  /// A value as CDATA, or as text if it cannot be that.
  private static func inCDATA(_ value: String) -> [UInt8] {
    let bytes = Array(value.utf8)
    let hasControls = value.unicodeScalars.contains { XMLCharacters.controlReference($0) != nil }
    if bytes.firstRange(of: cdata.end) != nil || hasControls { return escaped(value) }
    return cdata.start + bytes + cdata.end
  }
}
