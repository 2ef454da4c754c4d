// Changing one setting and not one byte beside it: the new value is spliced into the place of the old
// one, and the result is read again and must differ in that setting alone. How values and elements
// are spelt is in SettingXML.swift.

internal import Native

extension NodeConfig {
  /// The bytes of the file with `key` set to `value`; a blank value leaves an empty element, as the
  /// server does. Of duplicates the one that counts is changed.
  ///
  /// Only what the server reads as the value changes: comments, processing instructions and other
  /// elements inside stay, and so does CDATA. A new setting goes where the sorted order puts it, indented
  /// like its neighbours.
  ///
  /// - Throws: `ConfigError.editFailed` if the result does not read as it must; that would be a bug.
  package func setting(_ key: String, to value: String) throws(ConfigError) -> [UInt8] {
    let newValue = NodeConfig.isBlank(value) ? nil : value
    var edited = text
    var expected = pairs
    if let index = settings.lastIndex(where: { NodeConfig.isSame($0.key, key) }) {
      let setting = settings[index]
      // The same again may be spelt otherwise; then it stays as it is.
      if !NodeConfig.isEqual(setting.value, newValue) {
        change(setting, to: newValue, in: &edited)
      }
      expected[index].value = newValue
    } else {
      let index = settings.firstIndex { $0.key.lowercased() > key.lowercased() } ?? settings.count
      insert(spelling.element(key, newValue), at: index, into: &edited)
      expected.insert((key, newValue), at: index)
    }
    return try checked(edited, expected)
  }

  /// The bytes of the file without `key`, however often it is there, and without its lines if nothing
  /// else stands on them.
  package func removing(_ key: String) throws(ConfigError) -> [UInt8] {
    var edited = text
    for setting in settings.reversed() where NodeConfig.isSame(setting.key, key) {
      let element = setting.element
      edited.removeSubrange(spelling.wholeLines(element.startTag.lowerBound..<element.end))
    }
    return try checked(edited, pairs.filter { !NodeConfig.isSame($0.key, key) })
  }

  private var spelling: SettingXML { SettingXML(text) }

  private var pairs: [(key: String, value: String?)] { settings.map { ($0.key, $0.value) } }

  private func change(_ setting: Setting, to value: String?, in edited: inout [UInt8]) {
    let element = setting.element
    let startTag = text[element.startTag]
    guard let range = element.content else {
      guard let value else { return }
      edited.replaceSubrange(
        element.startTag,
        with: SettingXML.opened(startTag) + SettingXML.escaped(value) + Array("</set>".utf8))
      return
    }
    let content = spelling.content(range, inner: setting.inner, value: value)
    if content.isEmpty {
      edited.replaceSubrange(
        element.startTag.lowerBound..<element.end, with: SettingXML.closed(startTag))
    } else {
      edited.replaceSubrange(range, with: content)
    }
  }

  /// Puts a new element before what is now the setting `index`, on a line of its own if the others
  /// have theirs.
  private func insert(_ element: [UInt8], at index: Int, into edited: inout [UInt8]) {
    if index > 0 {
      let previous = settings[index - 1].element
      let indentation = spelling.indentation(before: previous.startTag.lowerBound)
      // A comment behind a setting belongs to it.
      let end = spelling.endOfRemarks(after: previous.end)
      edited.insert(contentsOf: indentation + element, at: end)
    } else if let next = settings.first?.element {
      // A comment above a setting belongs to that.
      let indentation = spelling.indentation(before: next.startTag.lowerBound)
      edited.insert(contentsOf: indentation + element, at: root.startTag.upperBound)
    } else {
      insertAlone(element, into: &edited)
    }
  }

  /// Puts the first element into an empty root.
  private func insertAlone(_ element: [UInt8], into edited: inout [UInt8]) {
    let lineEnd = spelling.lineEnd
    let line = lineEnd + Array("  ".utf8) + element
    guard let content = root.content else {
      edited.replaceSubrange(
        root.startTag,
        with: SettingXML.opened(text[root.startTag]) + line + lineEnd
          + Array("</octopus-settings>".utf8))
      return
    }
    let end = SettingXML.trimmed(text[content]).endIndex
    let closes = text[end..<content.upperBound].contains(where: SettingXML.isLineEnd)
    edited.insert(contentsOf: line + (closes ? [] : lineEnd), at: end)
  }

  /// The bytes of the file whose text is `edited`, which must read as these settings.
  private func checked(
    _ edited: [UInt8], _ expected: [(key: String, value: String?)]
  ) throws(ConfigError) -> [UInt8] {
    var contents = edited
    if case .utf16(let order) = encoding {
      contents = []
      guard UTF16Text.encode(edited.span, order: order, appendingTo: &contents) else {
        throw .editFailed(path: path)
      }
    }
    guard let after = try? NodeConfig(contents: contents, path: path).settings,
      after.count == expected.count,
      zip(after, expected).allSatisfy({ after, expected in
        NodeConfig.isEqual(after.key, expected.key)
          && NodeConfig.isEqual(after.value, expected.value)
      })
    else { throw .editFailed(path: path) }
    return contents
  }

  /// Byte by byte: Swift's own comparison takes two spellings of a letter for the same.
  private static func isEqual(_ one: String?, _ other: String?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return one.utf8.elementsEqual(other.utf8)
  }
}
