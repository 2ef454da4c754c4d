// Names a place in a JSON text by its properties, for people.

internal import Native

enum JSONPath {
  /// The path to the string at or round `offset`, such as `Variables[3].Value`; nil if the text is no
  /// JSON up to there or the document is a bare string.
  static func path(to offset: Int, in text: Span<UInt8>) -> String? {
    var tokens = JSONTokens(text)
    // The name of a property, or the number of an element.
    var steps: [(key: Range<Int>?, element: Int)] = []
    while let token = try? tokens.next(in: text) {
      switch token {
      case .openObject, .openArray, .string, .literal:
        if let last = steps.last, last.key == nil { steps[steps.count - 1].element += 1 }
      case .key, .close, .end: break
      }
      switch token {
      case .openObject: steps.append((0..<0, 0))
      case .openArray: steps.append((nil, -1))
      case .close: steps.removeLast()
      case .key(let key):
        steps[steps.count - 1].key = key.range
        if key.range.upperBound >= offset { return render(steps, text) }
      case .string(let string):
        if string.range.upperBound >= offset { return render(steps, text) }
      case .literal(let range):
        if range.upperBound > offset { return render(steps, text) }
      case .end: return nil
      }
    }
    return nil
  }

  private static func render(
    _ steps: [(key: Range<Int>?, element: Int)], _ text: Span<UInt8>
  ) -> String? {
    // A path of ten thousand levels is of no use; the byte position is there, too.
    guard !steps.isEmpty, steps.count <= 50 else { return nil }
    var path = ""
    for step in steps {
      if let key = step.key {
        let name = String(decoding: Array(copying: text.extracting(key)), as: UTF8.self)
        path += path.isEmpty ? name : "." + name
      } else {
        path += "[\(step.element)]"
      }
    }
    return path
  }
}
