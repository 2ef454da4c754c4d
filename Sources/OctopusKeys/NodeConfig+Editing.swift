// Changing one setting and not one byte beside it: the new value is spliced into the place of the old
// one, and the result is read again and must differ in that setting alone.

internal import Native

extension NodeConfig {
  /// The bytes of the file with `key` set to `value`.
  ///
  /// A new setting goes where the sorted order puts it, indented like its neighbours.
  ///
  /// - Throws: `KeysError.configEditFailed` if the result does not read as it must; that would be a
  ///   fault of octokey.
  public func setting(_ key: String, to value: String) throws(KeysError) -> [UInt8] {
    let escaped = NodeConfig.escaped(value)
    var edited = text
    if let setting = setting(key) {
      let element = setting.element
      if let content = element.content {
        if escaped.isEmpty, !content.isEmpty, isAsTheVendorWrites(element, content) {
          edited.replaceSubrange(
            element.startTag.lowerBound..<element.end, with: closed(element.startTag))
        } else {
          edited.replaceSubrange(content, with: escaped)
        }
      } else if !escaped.isEmpty {
        edited.replaceSubrange(element.startTag, with: opened(element.startTag, around: escaped))
      }
    } else {
      insert(key, escaped, into: &edited)
    }
    let contents = try encoded(edited)
    try check(contents, key, value)
    return contents
  }

  /// `<set key="X" />` as `<set key="X">value</set>`.
  private func opened(_ tag: Range<Int>, around value: [UInt8]) -> [UInt8] {
    var start = Array(text[tag].dropLast(2))  // without />
    while let last = start.last, NodeConfig.isBlank(last) { start.removeLast() }
    return start + [UInt8(ascii: ">")] + value + Array("</set>".utf8)
  }

  /// Whether an element is `<set key="X">…</set>` without a blank or an attribute more.
  private func isAsTheVendorWrites(_ element: XMLSpans.Element, _ content: Range<Int>) -> Bool {
    let tag = text[element.startTag]
    return tag.starts(with: Array("<set key=\"".utf8)) && tag.suffix(2) == Array("\">".utf8)[...]
      && tag.count { $0 == UInt8(ascii: "\"") } == 2
      && text[content.upperBound..<element.end] == Array("</set>".utf8)[...]
  }

  /// `<set key="X">value</set>` as `<set key="X" />`, which is how the vendor writes no value.
  private func closed(_ tag: Range<Int>) -> [UInt8] {
    var start = Array(text[tag].dropLast())  // without >
    while let last = start.last, NodeConfig.isBlank(last) { start.removeLast() }
    return start + Array(" />".utf8)
  }

  private func insert(_ key: String, _ value: [UInt8], into edited: inout [UInt8]) {
    let attribute = NodeConfig.escaped(key).flatMap {
      $0 == UInt8(ascii: "\"") ? Array("&quot;".utf8) : [$0]
    }
    let element =
      Array("<set key=\"".utf8) + attribute + Array("\">".utf8) + value + Array("</set>".utf8)
    let next = settings.first { $0.key.lowercased() > key.lowercased() }
    if let next {
      let start = next.element.startTag.lowerBound
      edited.insert(contentsOf: element + blanks(before: start), at: start)
    } else if let last = settings.last {
      let indentation = blanks(before: last.element.startTag.lowerBound)
      edited.insert(contentsOf: indentation + element, at: last.element.end)
    } else {
      let lineEnd: [UInt8] =
        text.contains(UInt8(ascii: "\r")) ? Array("\r\n".utf8) : Array("\n".utf8)
      let body = lineEnd + Array("  ".utf8) + element + lineEnd
      if let content = root.content {
        edited.replaceSubrange(content, with: Array(text[content]).trimmingBlanks + body)
      } else {
        var start = Array(text[root.startTag].dropLast(2))
        while let last = start.last, NodeConfig.isBlank(last) { start.removeLast() }
        edited.replaceSubrange(
          root.startTag,
          with: start + [UInt8(ascii: ">")] + body + Array("</octopus-settings>".utf8))
      }
    }
  }

  /// The white space before a byte, line end included.
  private func blanks(before index: Int) -> [UInt8] {
    var start = index
    while start > 0, NodeConfig.isBlank(text[start - 1]) { start -= 1 }
    // One line end at most: an empty line is a matter between two other settings.
    let blanks = Array(text[start..<index])
    guard let last = blanks.lastIndex(of: UInt8(ascii: "\n")) else { return blanks }
    let lineEnd = last > 0 && blanks[last - 1] == UInt8(ascii: "\r") ? last - 1 : last
    return Array(blanks[lineEnd...])
  }

  func encoded(_ text: [UInt8]) throws(KeysError) -> [UInt8] {
    guard case .utf16(let order) = encoding else { return text }
    var contents: [UInt8] = []
    guard UTF16Text.encode(text.span, order: order, appendingTo: &contents) else {
      throw .configEditFailed(path: path)
    }
    return contents
  }

  private func check(_ contents: [UInt8], _ key: String, _ value: String) throws(KeysError) {
    let after = try NodeConfig(contents: contents, path: path)
    var expected = settings.map { ($0.key, $0.value) }
    let blank = value.allSatisfy(\.isWhitespace)
    if let index = settings.lastIndex(where: { NodeConfig.isSame($0.key, key) }) {
      expected[index].1 = blank ? nil : value
    } else {
      let index = settings.firstIndex { $0.key.lowercased() > key.lowercased() } ?? settings.count
      expected.insert((key, blank ? nil : value), at: index)
    }
    let found = after.settings.map { ($0.key, $0.value) }
    guard found.count == expected.count, zip(found, expected).allSatisfy({ $0 == $1 }) else {
      throw .configEditFailed(path: path)
    }
  }

  /// Text as .NET escapes it: `&`, `<` and `>`; a carriage return, which a reader would lose.
  private static func escaped(_ value: String) -> [UInt8] {
    value.utf8.flatMap { byte in
      switch byte {
      case UInt8(ascii: "&"): Array("&amp;".utf8)
      case UInt8(ascii: "<"): Array("&lt;".utf8)
      case UInt8(ascii: ">"): Array("&gt;".utf8)
      case UInt8(ascii: "\r"): Array("&#xD;".utf8)
      default: [byte]
      }
    }
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    [0x20, 0x09, 0x0A, 0x0D].contains(byte)
  }
}

extension Array<UInt8> {
  fileprivate var trimmingBlanks: [UInt8] {
    var copy = self
    while let last = copy.last, NodeConfig.isBlank(last) { copy.removeLast() }
    return copy
  }
}
