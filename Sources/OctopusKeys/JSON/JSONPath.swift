// Names places in a JSON text by their properties, for people: one walk for all places of a text, however
// many there are.

internal import Native

struct JSONPath {
  /// A path of more levels, or longer names, is of no use; the byte position is there, too.
  private static let maximumDepth = 50
  private static let maximumLength = 1000

  private var tokens: JSONTokens
  /// The name of a property, or the number of an element.
  private var steps: [(key: Range<Int>?, element: Int)] = []
  /// The token at which the walk is: where it ends, and its path.
  private var present: (end: Int, path: String?)? = (end: -1, path: nil)

  private init(_ text: Span<UInt8>) { tokens = JSONTokens(text) }

  /// The paths to the strings at or around `offsets`, such as `Variables[3].Value`. There is none for a
  /// place behind which the text is not JSON, and for a document that is a bare string.
  static func paths(to offsets: [Int], in text: Span<UInt8>) -> [Int: String] {
    guard !offsets.isEmpty else { return [:] }
    var walk = JSONPath(text)
    var paths: [Int: String] = [:]
    for offset in Set(offsets).sorted() { paths[offset] = walk.path(to: offset, in: text) }
    return paths
  }

  /// Goes on to `offset`; offsets are asked for in rising order.
  private mutating func path(to offset: Int, in text: Span<UInt8>) -> String? {
    while let present, present.end < offset { self.present = next(in: text, offset) }
    return present?.path
  }

  /// Takes one token; nil at the end, and where the text is not JSON any more.
  private mutating func next(in text: Span<UInt8>, _ offset: Int) -> (end: Int, path: String?)? {
    guard let token = try? tokens.next(in: text) else { return nil }
    switch token {
    case .openObject, .openArray, .string, .literal:
      if let last = steps.last, last.key == nil { steps[steps.count - 1].element += 1 }
    case .key, .close, .end: break
    }
    let end: Int
    switch token {
    case .openObject:
      steps.append((0..<0, 0))
      return (-1, nil)
    case .openArray:
      steps.append((nil, -1))
      return (-1, nil)
    case .close:
      steps.removeLast()
      return (-1, nil)
    case .key(let key):
      steps[steps.count - 1].key = key.range
      end = key.range.upperBound
    case .string(let string): end = string.range.upperBound
    case .literal(let range): end = range.upperBound - 1
    case .end: return nil
    }
    return (end, end >= offset ? render(text) : nil)
  }

  private func render(_ text: Span<UInt8>) -> String? {
    guard !steps.isEmpty, steps.count <= JSONPath.maximumDepth,
      steps.reduce(0, { $0 + ($1.key?.count ?? 0) }) <= JSONPath.maximumLength
    else { return nil }
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
