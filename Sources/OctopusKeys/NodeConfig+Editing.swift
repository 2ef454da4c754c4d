// Changing one setting and not one byte beside it: the new value is spliced into the place of the old
// one, and the result is read again and must differ in that setting alone.

internal import Native

extension NodeConfig {
  /// The bytes of the file with `key` set to `value`.
  ///
  /// A new setting goes where the sorted order puts it, indented like its neighbours. Of duplicates
  /// the one that counts is changed.
  ///
  /// - Throws: `KeysError.configEditFailed` if the result does not read as it must; that would be a
  ///   fault of octokey.
  public func setting(_ key: String, to value: String) throws(KeysError) -> [UInt8] {
    let escaped = NodeConfig.escaped(value)
    var edited = text
    var expected = settings.map { (key: $0.key, value: $0.value) }
    let newValue = NodeConfig.isBlank(value) ? nil : value
    if let index = settings.lastIndex(where: { NodeConfig.isSame($0.key, key) }) {
      let element = settings[index].element
      if let content = element.content {
        edited.replaceSubrange(content, with: escaped)
      } else {
        edited.replaceSubrange(element.startTag, with: opened(element.startTag, around: escaped))
      }
      expected[index].value = newValue
    } else {
      insert(key, escaped, into: &edited)
      let index = settings.firstIndex { $0.key.lowercased() > key.lowercased() } ?? settings.count
      expected.insert((key, newValue), at: index)
    }
    return try checked(edited, expected)
  }

  /// The bytes of the file without the setting `key`, and without its line if nothing else stands on
  /// it. Of duplicates only the one that counts goes: then the one before it counts.
  ///
  /// - Throws: `KeysError.settingMissing` if there is no such element, `.configEditFailed` as for
  ///   `setting`.
  public func removing(_ key: String) throws(KeysError) -> [UInt8] {
    guard let index = settings.lastIndex(where: { NodeConfig.isSame($0.key, key) }) else {
      throw .settingMissing(path: path, setting: key)
    }
    let element = settings[index].element
    var edited = text
    edited.removeSubrange(wholeLines(element.startTag.lowerBound..<element.end))
    var expected = settings.map { (key: $0.key, value: $0.value) }
    expected.remove(at: index)
    return try checked(edited, expected)
  }

  /// The range with its indentation and line end; as it is, if something else stands on its lines.
  private func wholeLines(_ range: Range<Int>) -> Range<Int> {
    func isInLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    func isLineEnd(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, isInLine(text[start - 1]) { start -= 1 }
    while end < text.count, isInLine(text[end]) { end += 1 }
    guard start > 0, isLineEnd(text[start - 1]), end < text.count, isLineEnd(text[end]) else {
      return range
    }
    let isPair =
      text[end] == UInt8(ascii: "\r") && end + 1 < text.count
      && text[end + 1] == UInt8(ascii: "\n")
    return start..<(end + (isPair ? 2 : 1))
  }

  /// `<set key="X" />` as `<set key="X">value</set>`.
  private func opened(_ tag: Range<Int>, around value: [UInt8]) -> [UInt8] {
    var start = Array(text[tag].dropLast(2))  // without />
    while let last = start.last, NodeConfig.isBlank(last) { start.removeLast() }
    return start + [UInt8(ascii: ">")] + value + Array("</set>".utf8)
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

  /// The bytes of the file whose text is `edited`, which must read as these settings.
  private func checked(
    _ edited: [UInt8], _ expected: [(key: String, value: String?)]
  ) throws(KeysError) -> [UInt8] {
    var contents = edited
    if case .utf16(let order) = encoding {
      contents = []
      guard UTF16Text.encode(edited.span, order: order, appendingTo: &contents) else {
        throw .configEditFailed(path: path)
      }
    }
    let after = try NodeConfig(contents: contents, path: path).settings
    // Byte by byte: Swift's own comparison takes different spellings of a letter for the same.
    guard after.count == expected.count,
      zip(after, expected).allSatisfy({ after, expected in
        after.key.utf8.elementsEqual(expected.key.utf8)
          && (after.value == nil) == (expected.value == nil)
          && (after.value ?? "").utf8.elementsEqual((expected.value ?? "").utf8)
      })
    else { throw .configEditFailed(path: path) }
    return contents
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

  fileprivate static func isBlank(_ byte: UInt8) -> Bool {
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
