// The changes to a page on their way back to the store. A field is changed by splices, so that a store
// that can replace a part of a value need not write all of it.

internal import Native

package struct PageEdits: Sendable {
  /// A stretch of a field, and what takes its place.
  package struct Splice: Sendable {
    /// The bytes that go, counted from the beginning of the slot's contents.
    package let replaced: Range<Int>
    /// What takes their place, in `PageEdits.bytes`.
    package let replacement: Range<Int>

    package init(replaced: Range<Int>, replacement: Range<Int>) {
      self.replaced = replaced
      self.replacement = replacement
    }
  }

  package struct Edit: Sendable {
    package let document: Int
    package let slot: Int
    /// Its splices in `PageEdits.splices`: in rising order, none touching another.
    package let splices: Range<Int>
    /// The length of the field after the change, in bytes.
    package let newCount: Int
  }

  package var bytes: [UInt8] = []
  package private(set) var splices: [Splice] = []
  /// The edits in the order of the page.
  package private(set) var edits: [Edit] = []

  package init() {}

  package mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= 8 << 20)
    splices.removeAll(keepingCapacity: true)
    edits.removeAll(keepingCapacity: true)
  }

  /// Adds the changes to one slot of `page`; `changes` are in rising order and not empty.
  package mutating func add(
    document: Int, slot: Int, _ changes: [Splice], in page: borrowing DocumentPage
  ) {
    let first = splices.count
    splices += changes
    let growth = changes.reduce(0) { $0 + $1.replacement.count - $1.replaced.count }
    edits.append(
      Edit(
        document: document, slot: slot, splices: first..<splices.count,
        newCount: page.slots[slot].range.count + growth))
  }

  /// Appends the whole new contents of a field to `output`.
  package func appendContents(
    of edit: Edit, in page: borrowing DocumentPage, to output: inout [UInt8]
  ) {
    let old = page.bytes.span.extracting(page.slots[edit.slot].range)
    PageEdits.apply(splices[edit.splices], with: bytes.span, to: old, appendingTo: &output)
  }

  /// Appends `text` with `splices` applied to `output`; their replacements are in `bytes`.
  package static func apply(
    _ splices: ArraySlice<Splice>, with bytes: Span<UInt8>, to text: Span<UInt8>,
    appendingTo output: inout [UInt8]
  ) {
    eachPiece(splices, with: bytes, of: text) { output.append(copying: $0) }
  }

  /// Goes through the new contents of a field piece by piece: what stays, and what takes the place of something.
  package func eachPiece<Failure: Error>(
    of edit: Edit, in page: borrowing DocumentPage, _ body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let old = page.bytes.span.extracting(page.slots[edit.slot].range)
    try PageEdits.eachPiece(splices[edit.splices], with: bytes.span, of: old, body)
  }

  private static func eachPiece<Failure: Error>(
    _ splices: ArraySlice<Splice>, with bytes: Span<UInt8>, of text: Span<UInt8>,
    _ body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var done = 0
    for splice in splices {
      try body(text.extracting(done..<splice.replaced.lowerBound))
      try body(bytes.extracting(splice.replacement))
      done = splice.replaced.upperBound
    }
    try body(text.extracting(done..<text.count))
  }
}
