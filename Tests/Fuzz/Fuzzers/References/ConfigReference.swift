// The settings of a node config, read slowly from a text that is known to be well-formed, as the server reads them. Namespaces
// and prefixes are not understood: a text with them is passed over.

struct ConfigReference {
  struct Setting {
    let key: String
    /// Decoded; nil where there is none, or blanks alone.
    let value: String?
    /// Of the whole element.
    let range: Range<Int>
    /// Comments, instructions and elements inside, as they are written.
    let markup: [[UInt8]]
  }

  private(set) var settings: [Setting] = []
  /// Whether the root is an empty-element tag.
  private(set) var rootIsEmpty = false

  private struct NotUnderstood: Error {}

  /// A piece of a text: a tag, a comment, CDATA, or what is between such.
  private struct Piece {
    enum Kind { case open, close, empty, comment, instruction, cdata, text }
    let kind: Kind
    let range: Range<Int>
  }

  private let text: [UInt8]

  /// Nil if it is not understood.
  init?(_ text: [UInt8]) {
    self.text = text
    // Prefixes may be declared, but not a namespace for names without one.
    for mark in text.ranges(of: Array("xmlns".utf8))
    where text[mark.upperBound...].first != UInt8(ascii: ":") {
      return nil
    }
    guard let pieces = try? pieces() else { return nil }
    var depth = 0
    var start: Int?
    for (index, piece) in pieces.enumerated() {
      if [.open, .empty].contains(piece.kind), name(piece).contains(UInt8(ascii: ":")) {
        return nil
      }
      switch piece.kind {
      case .open:
        if depth == 1 { start = index }
        depth += 1
      case .close:
        depth -= 1
        if depth == 1, let start { add(pieces[start...index]) }
      case .empty:
        if depth == 0 { rootIsEmpty = true }
        if depth == 1 { add(pieces[index...index]) }
      case .comment, .instruction, .cdata, .text: break
      }
    }
  }

  private func pieces() throws -> [Piece] {
    var pieces: [Piece] = []
    var index = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    func end(_ mark: String, from start: Int) throws -> Int {
      guard let found = text[start...].firstRange(of: Array(mark.utf8)) else {
        throw NotUnderstood()
      }
      return found.upperBound
    }
    func begins(_ mark: String) -> Bool { text[index...].starts(with: mark.utf8) }
    while index < text.count {
      let start = index
      let kind: Piece.Kind
      if begins("<!--") {
        (kind, index) = (.comment, try end("-->", from: index + 4))
      } else if begins("<![CDATA[") {
        (kind, index) = (.cdata, try end("]]>", from: index))
      } else if begins("<?") {
        (kind, index) = (.instruction, try end("?>", from: index))
      } else if begins("</") {
        (kind, index) = (.close, try end(">", from: index))
      } else if begins("<") {
        // A tag ends at the first `>` that is not in quotes.
        var quote: UInt8?
        index += 1
        while index < text.count, quote != nil || text[index] != UInt8(ascii: ">") {
          if let open = quote {
            if text[index] == open { quote = nil }
          } else if [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(text[index]) {
            quote = text[index]
          }
          index += 1
        }
        kind = text[index - 1] == UInt8(ascii: "/") ? .empty : .open
        index += 1
      } else {
        kind = .text
        index = text[index...].firstIndex(of: UInt8(ascii: "<")) ?? text.count
      }
      pieces.append(Piece(kind: kind, range: start..<index))
    }
    return pieces
  }

  private func name(_ tag: Piece) -> ArraySlice<UInt8> {
    text[tag.range].dropFirst().prefix { !ConfigReference.isBlank($0) && !"/>".utf8.contains($0) }
  }

  static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  private mutating func add(_ element: ArraySlice<Piece>) {
    guard let first = element.first, let last = element.last,
      name(first).elementsEqual("set".utf8)
    else { return }
    let inside = element.count > 1 ? element.dropFirst().dropLast() : []
    var markup: [[UInt8]] = []
    // The runs of text and CDATA between markup, each without blank text before it.
    var runs: [[UInt8]] = [[]]
    var depth = 0
    for piece in inside {
      let bytes = Array(text[piece.range])
      switch piece.kind {
      case .open: depth += 1
      case .close: depth -= 1
      default: break
      }
      if [.text, .cdata].contains(piece.kind), depth == 0 {
        let said = piece.kind == .cdata ? Array(bytes.dropFirst(9).dropLast(3)) : resolved(bytes)
        let isStart = !started.contains(runs.count)
        if isStart, piece.kind == .text, said.allSatisfy(ConfigReference.isBlank) { continue }
        started.insert(runs.count)
        runs[runs.count - 1] += said
      } else {
        markup.append(bytes)
        runs.append([])
      }
    }
    // The last run that is there, be it an empty CDATA.
    let counting = runs.indices.last { started.contains($0 + 1) }
    started = []
    let value = counting.map { String(decoding: runs[$0], as: UTF8.self) } ?? ""
    let isMissing = value.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    settings.append(
      Setting(
        key: key(first), value: isMissing ? nil : value,
        range: first.range.lowerBound..<last.range.upperBound, markup: markup))
  }

  /// The numbers of the runs of an element that have begun.
  private var started: Set<Int> = []

  private func key(_ tag: Piece) -> String {
    var rest = text[tag.range].dropFirst(1 + name(tag).count)
    while true {
      rest = rest.drop(while: ConfigReference.isBlank)
      let name = rest.prefix { !ConfigReference.isBlank($0) && !"=/>".utf8.contains($0) }
      guard !name.isEmpty else { return "" }
      rest = rest.dropFirst(name.count).drop { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
      guard let quote = rest.first else { return "" }
      let value = rest.dropFirst().prefix { $0 != quote }
      if name.elementsEqual("key".utf8) {
        return String(decoding: resolved(Array(value)), as: UTF8.self)
      }
      rest = rest.dropFirst(value.count + 2)
    }
  }

  /// With the five entities of XML and numbers of characters in the place of references.
  private func resolved(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "&"), let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
        result.append(byte)
        continue
      }
      let name = String(decoding: rest[..<end], as: UTF8.self)
      let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
      let number =
        name.hasPrefix("#x")
        ? UInt32(name.dropFirst(2), radix: 16)
        : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
      if let scalar = number.flatMap(Unicode.Scalar.init) {
        result += Array(String(scalar).utf8)
      } else if let said = entities[name] {
        result += Array(said.utf8)
      } else {
        result.append(byte)
        continue
      }
      rest = rest[(end + 1)...]
    }
    return result
  }
}
