// The byte ranges of the elements of an XML text. libxml2 only says whether it is well-formed, and where
// the elements are: it would not write quotes, white space and line ends as it read them, and it replaces
// line ends in values. Values are decoded from the text itself, in XMLCharacters.swift.
//
// The SAX2 callbacks fire at known places (tried with 2.9.14): start-element at the `>` or `/>` of the
// start tag, end-element after the end tag. `xmlByteConsumed` gives the position; both tags are looked
// up in the text, and a tag that is not found there is an error.

internal import CLibXML2

package struct XMLSpans: Sendable {
  package struct Element: Sendable {
    /// The name without a prefix.
    package let name: String
    package let namespace: String?
    package let depth: Int
    /// Attributes without a namespace, decoded, with white space as it is written.
    package fileprivate(set) var attributes: [String: String]
    /// From the `<` to after the `>` or `/>`.
    package let startTag: Range<Int>
    /// Between the tags; nil for an empty-element tag (`<a />`).
    package fileprivate(set) var content: Range<Int>?
    package fileprivate(set) var end: Int
  }

  /// The elements in the order of their start tags.
  package let elements: [Element]

  /// The largest config that is read, in bytes.
  package static let sizeLimit = 16 << 20

  /// Parses `text`, which is UTF-8 with or without a byte order mark.
  ///
  /// References to control characters, such as `&#x1;`, are accepted: XML 1.0 has none, but .NET writes
  /// and reads them.
  ///
  /// - Throws: `NativeError.malformedXML`, or `.forbiddenXML` for a DOCTYPE and for a declaration of
  ///   another encoding. Nothing outside the text is fetched.
  package init(_ text: [UInt8]) throws(NativeError) {
    if let encoding = XMLSpans.declaredEncoding(text),
      !["utf-8", "us-ascii", "ascii", "utf-16"].contains(encoding.lowercased())
    {
      throw .forbiddenXML(line: 1, construct: "the encoding \(encoding)")
    }
    if let line = XMLSpans.lineOfHugeTag(text) {
      throw .forbiddenXML(line: line, construct: "a tag of more than \(XMLSpans.tagLimit) bytes")
    }
    xmlInitParser()
    let reader = SpanReader(XMLCharacters.withoutControlReferences(text))
    if let failure = reader.parse() { throw failure }
    // libxml2 takes a NUL behind the root for the end of the text.
    if let index = text.firstIndex(of: 0) {
      let (line, column) = XMLSpans.place(of: index, in: text)
      throw .malformedXML(line: line, column: column, reason: "it contains a NUL byte")
    }
    elements = reader.elements.map { element in
      var element = element
      element.attributes = XMLCharacters.attributes(of: text[element.startTag])
      return element
    }
  }

  /// The longest tag: the check for duplicate attributes takes time quadratic in its length.
  private static let tagLimit = 64 << 10
  /// The deepest nesting; a config has two levels.
  fileprivate static let depthLimit = 256

  /// Markup that is not a tag, and how it ends.
  private static let others = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")].map {
    (start: Array($0.0.utf8), end: Array($0.1.utf8))
  }

  /// The line of a `<` without a `>` in the next `tagLimit` bytes, outside of comments and the like.
  private static func lineOfHugeTag(_ text: [UInt8]) -> Int? {
    let bytes = text.span
    var open = ByteSearch.next(UInt8(ascii: "<"), in: bytes, from: 0)
    while open < text.count {
      let other = others.first { text[open...].starts(with: $0.start) }
      var close = open + (other?.start.count ?? 0)
      repeat {
        close = ByteSearch.next(UInt8(ascii: ">"), in: bytes, from: close) + 1
        if other == nil, close - open > tagLimit + 1 { return place(of: open, in: text).line }
      } while close <= text.count
        && !text[open..<close].suffix(other?.end.count ?? 0).elementsEqual(other?.end ?? [])
      open = ByteSearch.next(UInt8(ascii: "<"), in: bytes, from: close)
    }
    return nil
  }

  /// Line and column, from 1, as libxml2 counts them.
  private static func place(of index: Int, in text: [UInt8]) -> (line: Int, column: Int) {
    let lineFeed = UInt8(ascii: "\n")
    let line = text[..<index].count { $0 == lineFeed } + 1
    let start = text[..<index].lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
    return (line, index - start + 1)
  }

  /// The encoding in the XML declaration. The text is UTF-8 anyway: the caller has converted UTF-16.
  private static func declaredEncoding(_ text: [UInt8]) -> String? {
    let head = String(decoding: text[text.span.markLength...].prefix(200), as: UTF8.self)
    guard head.hasPrefix("<?xml"), let end = head.firstRange(of: "?>"),
      let name = head[..<end.lowerBound].firstRange(of: "encoding")
    else { return nil }
    let value = head[name.upperBound..<end.lowerBound].drop { $0 != "'" && $0 != "\"" }
    guard let quote = value.first else { return nil }
    return String(value.dropFirst().prefix { $0 != quote })
  }
}

@safe
private final class SpanReader {
  var elements: [XMLSpans.Element] = []
  private let text: [UInt8]
  private var open: [Int] = []
  private var failure: NativeError?
  private var fault: NativeError?
  private var context: xmlParserCtxtPtr?

  init(_ text: [UInt8]) { self.text = text }

  func parse() -> NativeError? {
    var handler = unsafe xmlSAXHandler()
    unsafe handler.initialized = XML_SAX2_MAGIC
    unsafe handler.startElementNs = { (user, name, _, uri, _, _, _, _, _) in
      unsafe SpanReader.from(user)?.start(name, uri)
    }
    unsafe handler.endElementNs = { (user, _, _, _) in unsafe SpanReader.from(user)?.end() }
    unsafe handler.internalSubset = { (user, _, _, _) in
      unsafe SpanReader.from(user)?.forbid("a DOCTYPE")
    }
    // Only the first error is kept: later ones follow from it.
    unsafe handler.serror = { (user, error) in unsafe SpanReader.from(user)?.note(error) }
    guard let context = unsafe xmlNewParserCtxt() else {
      return .malformedXML(line: 1, column: 1, reason: "out of memory")
    }
    unsafe self.context = context
    defer {
      unsafe xmlFreeParserCtxt(context)
      unsafe self.context = nil
    }
    unsafe context.pointee.sax.pointee = handler
    unsafe context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    // Without NOENT libxml2 returns `&amp;` in an attribute as `&#38;`. No entities but XML's own five
    // exist, because a DOCTYPE ends the parse. OLD10: names as in XML's fourth edition, like .NET. Without
    // HUGE libxml2 gives up at some 10 MB; size and depth are limited here instead.
    let options = Int32(
      XML_PARSE_NOENT.rawValue | XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue
        | XML_PARSE_NOWARNING.rawValue | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_OLD10.rawValue
        | XML_PARSE_HUGE.rawValue)
    // Not the push parser, which leaves a CR in CDATA as it is.
    unsafe text.withUnsafeBytes { bytes in
      let document = unsafe xmlCtxtReadMemory(
        context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), nil,
        nil, options)
      if let document = unsafe document { unsafe xmlFreeDoc(document) }
    }
    if case .forbiddenXML = failure { return failure }
    // libxml2 accepts an undeclared prefix; other readers do not.
    let isXML = unsafe context.pointee.wellFormed == 1
    let hasKnownPrefixes = unsafe context.pointee.nsWellFormed == 1
    // In a malformed text the parser's error counts, not an element that could not be located.
    guard isXML, hasKnownPrefixes else {
      return fault ?? .malformedXML(line: 1, column: 1, reason: "it is not well-formed")
    }
    return failure
  }

  private static func from(_ user: UnsafeMutableRawPointer?) -> SpanReader? {
    guard let user = unsafe user else { return nil }
    return unsafe Unmanaged<SpanReader>.fromOpaque(user).takeUnretainedValue()
  }

  private func note(_ error: xmlErrorPtr?) {
    guard fault == nil, let error = unsafe error,
      unsafe error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue
    else { return }
    let message = unsafe error.pointee.message.map { unsafe String(cString: $0) } ?? ""
    fault = unsafe .malformedXML(
      line: Int(error.pointee.line), column: Int(error.pointee.int2),
      reason: String(message.split(separator: "\n").first ?? "it is not well-formed"))
  }

  private var position: Int { unsafe context.map { unsafe Int(xmlByteConsumed($0)) } ?? -1 }

  private func start(_ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?) {
    guard failure == nil else { return }
    guard open.count < XMLSpans.depthLimit else {
      return forbid("an element nested \(XMLSpans.depthLimit) levels deep")
    }
    guard let tag = startTag(endingNear: position) else { return failToLocate() }
    let isEmpty = text[tag.upperBound - 2] == UInt8(ascii: "/")
    let element = unsafe XMLSpans.Element(
      name: name.map { unsafe String(cString: $0) } ?? "",
      namespace: uri.map { unsafe String(cString: $0) }, depth: open.count, attributes: [:],
      startTag: tag, content: isEmpty ? nil : tag.upperBound..<tag.upperBound,
      end: tag.upperBound)
    open.append(elements.count)
    elements.append(element)
  }

  private func end() {
    guard failure == nil, let index = open.popLast() else { return }
    let start = elements[index].startTag
    guard elements[index].content != nil else { return }
    let after = position
    guard after <= text.count, after > start.upperBound, text[after - 1] == UInt8(ascii: ">"),
      let tag = text[start.upperBound..<after].lastIndex(of: UInt8(ascii: "<")),
      text[tag + 1] == UInt8(ascii: "/")
    else { return failToLocate() }
    elements[index].content = start.upperBound..<tag
    elements[index].end = after
  }

  private func forbid(_ construct: String) {
    guard failure == nil, let context = unsafe context else { return }
    failure = .forbiddenXML(line: Int(unsafe xmlSAX2GetLineNumber(context)), construct: construct)
    unsafe xmlStopParser(context)
  }

  /// The start tag whose `>` is at `position` or right after it. Attribute values may hold `>` but
  /// never `<`, so the tag begins at the last `<` before.
  private func startTag(endingNear position: Int) -> Range<Int>? {
    guard position > 0, position < text.count else { return nil }
    var end = position
    if text[end] == UInt8(ascii: "/") { end += 1 }
    guard end < text.count, text[end] == UInt8(ascii: ">"),
      let start = text[..<position].lastIndex(of: UInt8(ascii: "<"))
    else { return nil }
    return start..<(end + 1)
  }

  private func failToLocate() {
    failure = .malformedXML(line: 1, column: 1, reason: "an element could not be located")
  }
}
