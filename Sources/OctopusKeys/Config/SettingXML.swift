// How the settings of a node config are spelt in XML: what .NET writes (octopus-formats, section 1.1),
// and what people who edit by hand have put around it.

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

  /// Whether XML 1.0 has a way to write all of `text`. It has none for most control characters, not
  /// even as `&#x1;`.
  static func isWritable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0D, 0x20..<0xFFFE, 0x10000...: true
      default: false
      }
    }
  }

  /// Text as .NET escapes it: `&`, `<` and `>`; also a carriage return, which a reader would lose.
  /// Lines end as they do in the rest of the file; a reader takes all line ends for LF.
  func escaped(_ value: String) -> [UInt8] {
    value.utf8.flatMap { $0 == 0x0A ? lineEnd : SettingXML.escaped($0) }
  }

  private static func escaped(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "&"): Array("&amp;".utf8)
    case UInt8(ascii: "<"): Array("&lt;".utf8)
    case UInt8(ascii: ">"): Array("&gt;".utf8)
    case UInt8(ascii: "\r"): Array("&#xD;".utf8)
    default: [byte]
    }
  }

  /// A new element; without a value as .NET writes it, with a blank before the slash.
  func element(_ key: String, _ value: String?) -> [UInt8] {
    let attribute = key.utf8.flatMap { byte in
      switch byte {
      case UInt8(ascii: "\""): Array("&quot;".utf8)
      // Raw, both would be read as a blank.
      case UInt8(ascii: "\n"): Array("&#xA;".utf8)
      case UInt8(ascii: "\t"): Array("&#x9;".utf8)
      default: SettingXML.escaped(byte)
      }
    }
    let start = Array("<set key=\"".utf8) + attribute + Array("\"".utf8)
    guard let value else { return start + Array(" />".utf8) }
    return start + Array(">".utf8) + escaped(value) + Array("</set>".utf8)
  }

  /// `<set key="X" />` as `<set key="X">`.
  static func opened(_ tag: ArraySlice<UInt8>) -> [UInt8] {
    Array(trimmed(tag.dropLast(2))) + [UInt8(ascii: ">")]
  }

  /// `<set key="X">` as `<set key="X" />`.
  static func closed(_ tag: ArraySlice<UInt8>) -> [UInt8] {
    Array(trimmed(tag.dropLast(1))) + Array(" />".utf8)
  }

  /// What stands between the tags of a setting, with another value in the place of the old text. The
  /// markup in between stays.
  ///
  /// - Parameter inner: where the elements inside are.
  func content(_ range: Range<Int>, inner: [Range<Int>], value: String?) -> [UInt8] {
    let old = text[range]
    let parts = SettingXML.parts(of: old, inner)
    let place =
      parts.firstIndex { $0.isText && !SettingXML.trimmed(old[$0.range]).isEmpty }
      ?? parts.lastIndex { $0.isText }
    var new: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if !part.isText { new += old[part.range] }
      guard index == place, let value else { continue }
      new += old[part.range].starts(with: SettingXML.cdata.start) ? inCDATA(value) : escaped(value)
    }
    if place == nil, let value { new += escaped(value) }
    return new
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

  /// Text or CDATA (the value) and markup in turn; libxml2 has found all of it well-formed.
  private static func parts(
    of content: ArraySlice<UInt8>, _ inner: [Range<Int>]
  ) -> [(range: Range<Int>, isText: Bool)] {
    var parts: [(range: Range<Int>, isText: Bool)] = []
    var index = content.startIndex
    while index < content.endIndex {
      let rest = content[index...]
      let end: Int
      var isText = false
      if let element = inner.first(where: { $0.lowerBound == index }) {
        end = element.upperBound
      } else if rest.starts(with: comment.start) {
        end = after(comment.end, from: index + comment.start.count, in: content)
      } else if rest.starts(with: instruction.start) {
        end = after(instruction.end, from: index, in: content)
      } else if rest.starts(with: cdata.start) {
        end = after(cdata.end, from: index, in: content)
        isText = true
      } else {
        end = rest.dropFirst().firstIndex(of: UInt8(ascii: "<")) ?? content.endIndex
        isText = true
      }
      parts.append((index..<end, isText))
      index = end
    }
    return parts
  }

  private static func after(_ mark: [UInt8], from start: Int, in text: ArraySlice<UInt8>) -> Int {
    text[start...].firstRange(of: mark)?.upperBound ?? text.endIndex
  }

  /// A value as CDATA, or as text if it cannot be that.
  private func inCDATA(_ value: String) -> [UInt8] {
    let bytes = Array(value.utf8)
    let (start, end) = SettingXML.cdata
    if bytes.firstRange(of: end) != nil || bytes.contains(0x0D) { return escaped(value) }
    return start + bytes.flatMap { $0 == 0x0A ? lineEnd : [$0] } + end
  }
}
