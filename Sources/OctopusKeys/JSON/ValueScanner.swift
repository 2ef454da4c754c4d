// Finds the sensitive values in a text by their shape, in JSON token by token. Whether a value decrypts, and under
// which key, is not decided here.

internal import Native

struct ValueScanner {
  private let places: SensitivePaths

  /// JSON strings in JSON strings are followed this deep. Each level doubles the backslashes of the
  /// one above, so that real documents have two at most.
  private static let maximumNesting = 8

  init(places: SensitivePaths) { self.places = places }

  /// Replaces what is in `result` by what is in `text`.
  func scan(_ text: Span<UInt8>, into result: inout ScannedText) {
    result.clear()
    do throws(JSONFault) {
      try walk(text, nesting: 0, into: &result)
      if !result.values.isEmpty && !text.isUTF8 { result.distrust(.invalidUTF8) }
    } catch {
      // What cannot be read as JSON cannot be changed safely.
      result.distrust(.malformedJSON)
      let named = result.suspects.compactMap(\.offset)
      let found = CiphertextSearch.offsets(in: text)
      for (offset, next) in zip(found, found.dropFirst() + [text.count])
      // Where blanks are before a value, a scan and a search do not begin it at the same byte.
      where !named.contains(where: { (offset..<next).contains($0) }) {
        result.suspects.append(.init(offset: offset, reason: .malformedJSON))
      }
      // What cannot be decoded may be anything.
      if result.suspects.isEmpty, !text.isUTF8 || text.isMostlyZero {
        result.suspects.append(.init(offset: nil, reason: .invalidUTF8))
      }
    }
  }

  /// The same with a text that need not be JSON: a value alone, JSON, or any text, which may quote one.
  func scanAny(_ text: Span<UInt8>, into result: inout ScannedText) {
    result.clear()
    let mark = text.markLength
    if let found = EncryptedValue.parse(
      text.extracting(mark..<text.count), appendingTo: &result.ciphertexts)
    {
      let range = mark + found.lowerBound..<mark + found.upperBound
      let ciphertext = 0..<result.ciphertexts.count
      result.values.append(.init(range: range, ciphertext: ciphertext, spelling: .plain))
      return result.adopt(
        QuotationSearch.quotations(in: text.extracting(range.upperBound..<text.count)),
        at: range.upperBound)
    }
    do throws(JSONFault) {
      try walk(text, nesting: 0, into: &result)
      if !result.values.isEmpty && !text.isUTF8 { result.distrust(.invalidUTF8) }
    } catch {
      result = QuotationSearch.quotations(in: text)
      if CiphertextSearch.resemblesDamagedValue(text) {
        result.suspects.append(.init(offset: 0, reason: .damagedShape))
      }
    }
  }

  /// Finds the values of a text that was scanned before and had no suspects: a whole run of tokens is
  /// then not needed, because every bar is inside a string, and a quote right before the base64 opens
  /// it. A text with any escape near a bar goes the long way.
  func scanAgain(_ text: Span<UInt8>, into result: inout ScannedText) {
    result.clear()
    var index = 0
    while true {
      let bar = ByteSearch.nextBar(in: text, from: index)
      guard bar < text.count else { return }
      index = bar + 1
      guard text[bar] == UInt8(ascii: "|") else {
        // Most are the escapes of other characters, as of those of HTML.
        guard
          JSONEscapes.hexadecimal(text, at: index) == 0x7C
            || JSONEscapes.mayHideBar(text, at: index)
        else { continue }
        return scan(text, into: &result)
      }
      guard JSONTokens.vectorMayFollow(text, at: index) else { continue }
      var start = bar
      while start > 0, text[start - 1] == UInt8(ascii: "=") { start -= 1 }
      start = Base64.startOfDigits(in: text, before: start)
      let end = index + EncryptedValue.vectorLength
      let before = result.ciphertexts.count
      guard end < text.count, text[end] == UInt8(ascii: "\""), start > 0,
        text[start - 1] == UInt8(ascii: "\""), start < 2 || text[start - 2] != UInt8(ascii: "\\"),
        EncryptedValue.parse(text.extracting(start..<end), appendingTo: &result.ciphertexts) != nil
      else { return scan(text, into: &result) }
      result.values.append(
        .init(
          range: start..<end, ciphertext: before..<result.ciphertexts.count, spelling: .plain))
      index = end
    }
  }

  private struct Frame {
    let isObject: Bool
    var key = 0..<0
    /// `"Type": "Sensitive"` or `"IsSensitive": true` is among the properties.
    var saysSensitive = false
    /// The property `Value`, if it is a string without the shape.
    var plainValue: Int?
    /// The same of a template: `"Octopus.ControlType": "Sensitive"` is in its `DisplaySettings`, and its
    /// `DefaultValue`.
    var hasSensitiveControl = false
    var plainDefault: Int?
  }

  private func walk(
    _ text: Span<UInt8>, nesting: Int, into result: inout ScannedText
  ) throws(JSONFault) {
    var tokens = JSONTokens(text)
    var frames: [Frame] = []
    while true {
      switch try tokens.next(in: text) {
      case .openObject: frames.append(Frame(isObject: true))
      case .openArray: frames.append(Frame(isObject: false))
      case .close:
        guard let frame = frames.popLast() else { break }
        if frame.saysSensitive, let offset = frame.plainValue {
          result.suspects.append(.init(offset: offset, reason: .notEncrypted))
        }
        if frame.hasSensitiveControl, let offset = frame.plainDefault {
          result.suspects.append(.init(offset: offset, reason: .notEncrypted))
        }
      case .key(let key):
        frames[frames.count - 1].key = key.range
        if key.resemblesCiphertext {
          let others = result.values.count
          examine(key, text, nesting: nesting, into: &result)
          for index in result.values.indices.dropFirst(others) {
            result.values[index].isName = true
          }
        }
      case .literal(let range):
        if let frame = frames.last, frame.isObject, range.count == 4,
          text[range.lowerBound] == UInt8(ascii: "t"),
          equal(text, frame.key, ValueScanner.isSensitive)
        {
          frames[frames.count - 1].saysSensitive = true
        }
      case .string(let string):
        let known =
          string.resemblesCiphertext && examine(string, text, nesting: nesting, into: &result)
        if !known, !string.range.isEmpty { consider(string, text, &frames, into: &result) }
      case .end: return
      }
    }
  }

  /// Looks at a string that has not the shape, in case it should have.
  private func consider(
    _ string: JSONTokens.StringToken, _ text: Span<UInt8>, _ frames: inout [Frame],
    into result: inout ScannedText
  ) {
    guard let frame = frames.last else { return }
    guard frame.isObject else {
      if places.hasElements,
        places.requireElement(depth: frames.count, { matches($0, $1, text, frames) })
      {
        result.suspects.append(.init(offset: string.range.lowerBound, reason: .notEncrypted))
      }
      return
    }
    let key = frame.key
    if key.count == 4, equal(text, key, ValueScanner.type) {
      if equal(text, string.range, ValueScanner.sensitive) {
        frames[frames.count - 1].saysSensitive = true
      }
    } else if key.count == 5, equal(text, key, ValueScanner.value) {
      frames[frames.count - 1].plainValue = string.range.lowerBound
    } else if places.hasTemplates {
      considerTemplate(string, text, &frames)
    }
    if places.mayRequire(lastKey: text, key),
      places.require(lastKey: text, key, depth: frames.count, { matches($0, $1, text, frames) })
    {
      result.suspects.append(.init(offset: string.range.lowerBound, reason: .notEncrypted))
    }
  }

  /// Looks at a string in case it is one of a template: of an object in the array `Templates` of a document.
  private func considerTemplate(
    _ string: JSONTokens.StringToken, _ text: Span<UInt8>, _ frames: inout [Frame]
  ) {
    guard frames.count == 3 || frames.count == 4, !frames[1].isObject,
      equal(text, frames[0].key, ValueScanner.templates)
    else { return }
    if frames.count == 3 {
      if equal(text, frames[2].key, ValueScanner.defaultValue) {
        frames[2].plainDefault = string.range.lowerBound
      }
    } else if equal(text, frames[3].key, ValueScanner.controlType),
      frames[2].isObject, equal(text, frames[2].key, ValueScanner.displaySettings),
      equal(text, string.range, ValueScanner.sensitive)
    {
      frames[2].hasSensitiveControl = true
    }
  }

  private func matches(
    _ index: Int, _ step: SensitivePaths.Step, _ text: Span<UInt8>, _ frames: [Frame]
  ) -> Bool {
    switch step {
    case .element: !frames[index].isObject
    case .anyProperty: frames[index].isObject
    case .property(let name): frames[index].isObject && equal(text, frames[index].key, name)
    }
  }

  /// Looks closely at a string in which a vector may follow a bar.
  ///
  /// - Returns: whether it is dealt with: as a value, or as JSON of its own.
  @discardableResult
  private func examine(
    _ string: JSONTokens.StringToken, _ text: Span<UInt8>, nesting: Int,
    into result: inout ScannedText
  ) -> Bool {
    guard string.hasEscapes else {
      return examine(
        text.extracting(string.range), string, text, nesting: nesting, into: &result)
    }
    var decoded: [UInt8] = []
    JSONEscapes.decode(text, string.range, appendingTo: &decoded)
    return examine(decoded.span, string, text, nesting: nesting, into: &result)
  }

  /// The same with `contents`, what the string says.
  private func examine(
    _ contents: Span<UInt8>, _ string: JSONTokens.StringToken, _ text: Span<UInt8>, nesting: Int,
    into result: inout ScannedText
  ) -> Bool {
    let start = result.ciphertexts.count
    if let found = EncryptedValue.parse(contents, appendingTo: &result.ciphertexts) {
      var positions = JSONEscapes.Positions(from: string.range.lowerBound)
      let first = positions.place(of: found.lowerBound, in: text)
      let range = first..<positions.place(of: found.upperBound, in: text)
      let spelling: EncryptedValue.Spelling =
        string.hasEscapes ? .text([JSONEscapes.style(of: text, range)]) : .plain
      let ciphertext = start..<result.ciphertexts.count
      result.values.append(.init(range: range, ciphertext: ciphertext, spelling: spelling))
      // The server passes over what follows a second bar.
      if found.upperBound < contents.count {
        var quoted = ScannedText()
        let rest = found.upperBound..<contents.count
        quoted.adopt(QuotationSearch.quotations(in: contents.extracting(rest)), at: rest.lowerBound)
        result.adopt(quoted, from: string.range, of: text)
      }
      return true
    }
    if CiphertextSearch.resemblesDamagedValue(contents) {
      result.suspects.append(.init(offset: string.range.lowerBound, reason: .damagedShape))
      return true
    }
    // Without escapes there are no strings inside.
    if string.hasEscapes, nesting < ValueScanner.maximumNesting,
      CiphertextSearch.beginsLikeJSON(contents)
    {
      var inner = ScannedText()
      // A script may begin with a brace, too: what is not JSON is text.
      if (try? walk(contents, nesting: nesting + 1, into: &inner)) != nil {
        result.adopt(inner, from: string.range, of: text)
        return !inner.values.isEmpty
      }
    }
    result.adopt(QuotationSearch.quotations(in: contents), from: string.range, of: text)
    return false
  }

  private func equal(_ text: Span<UInt8>, _ range: Range<Int>, _ word: [UInt8]) -> Bool {
    SensitivePaths.equal(word, text, range)
  }

  private static let type = Array("Type".utf8)
  private static let value = Array("Value".utf8)
  private static let sensitive = Array("Sensitive".utf8)
  private static let isSensitive = Array("IsSensitive".utf8)
  private static let templates = Array("Templates".utf8)
  private static let defaultValue = Array("DefaultValue".utf8)
  private static let displaySettings = Array("DisplaySettings".utf8)
  private static let controlType = Array("Octopus.ControlType".utf8)
}

extension Span<UInt8> {
  /// As UTF-32 is, which counts as UTF-8.
  fileprivate var isMostlyZero: Bool {
    guard ByteSearch.hasZero(in: self) else { return false }
    return indices.count { self[$0] == 0 } * 2 >= count
  }
}
