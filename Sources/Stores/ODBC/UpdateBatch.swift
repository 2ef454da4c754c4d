// The edits that one UPDATE writes, all of one shape. A server compiles each shape once, so there are few: the
// number of rows and the number of splices grow in steps, and what is left over is filled up.

internal import Native
internal import OctopusKeys

struct UpdateBatch {
  private(set) var edits: [PageEdits.Edit] = []
  private let shape: SQLTable.UpdateShape
  private var bytes = 0

  /// Of so many splices the whole contents are written instead.
  private static let mostSplices = 64
  private static let rowSteps = [1, 8, 32, 64, 128, 256, 512, 1024]
  /// The most bytes in one statement, unless one document alone is longer.
  private static let mostBytes = 2 << 20

  /// - Parameter shape: with the most rows of a batch.
  init(_ shape: SQLTable.UpdateShape) { self.shape = shape }

  /// The shape of a batch for this edit.
  static func shape(
    of edit: PageEdits.Edit, _ edits: PageEdits, _ page: DocumentPage, _ table: SQLTable,
    _ dialect: any SQLDialect
  ) -> SQLTable.UpdateShape {
    let slot = page.slots[edit.slot]
    var splices = 0
    // A text that is mostly new is shorter than its splices with their places.
    let spliced = replaced(by: edit, edits) + edit.splices.count * SpliceText.placeLength
    if slot.storage == .text, table.contents[slot.field].storage == .text,
      edit.splices.count <= mostSplices, spliced < edit.newCount,
      SpliceText.isPossible(edit, edits, of: page.bytes.span.extracting(slot.range))
    {
      splices = 1
      while splices < edit.splices.count { splices *= 4 }
    }
    let most = dialect.mostParameters / (table.key.count + 1)
    return .init(
      field: slot.field, rows: rowSteps.last { $0 <= most } ?? 1, splices: splices)
  }

  func hasRoom(for edit: PageEdits.Edit, _ edits: PageEdits) -> Bool {
    self.edits.isEmpty
      || (self.edits.count < shape.rows && bytes + length(of: edit, edits) <= UpdateBatch.mostBytes)
  }

  mutating func add(_ edit: PageEdits.Edit, _ edits: PageEdits) {
    self.edits.append(edit)
    bytes += length(of: edit, edits)
  }

  /// The shape of the statement that has room for the edits.
  var finalShape: SQLTable.UpdateShape {
    let rows = UpdateBatch.rowSteps.first { $0 >= edits.count } ?? edits.count
    return .init(field: shape.field, rows: rows, splices: shape.splices)
  }

  private func length(of edit: PageEdits.Edit, _ edits: PageEdits) -> Int {
    shape.splices == 0 ? edit.newCount : UpdateBatch.replaced(by: edit, edits)
  }

  private static func replaced(by edit: PageEdits.Edit, _ edits: PageEdits) -> Int {
    edits.splices[edit.splices].reduce(0) { $0 + $1.replacement.count }
  }
}

/// Binds the edits of a batch to its statement, and knows what the server must hold afterwards.
final class UpdateBinding {
  /// By the rows: SHA-256 of the new contents, in the encoding that the engine computes it over.
  private(set) var digests: [[UInt8]] = []

  private let statement: ODBCStatement
  private let table: SQLTable
  private let shape: SQLTable.UpdateShape
  private let unit: TextUnit
  private let isText: Bool
  private let escapes: Bool
  private let digest: Digest
  private var parameter = 0
  private var wide: [UInt8] = []
  private var contents: [UInt8] = []
  /// What is sent while the statement runs, by parameter.
  private var streamed: [Int: [UInt8]] = [:]

  /// Contents from this length on are streamed.
  private static let streamedLength = 1 << 16

  init(
    _ statement: ODBCStatement, _ table: SQLTable, _ shape: SQLTable.UpdateShape,
    _ dialect: any SQLDialect
  ) throws(NativeError) {
    self.statement = statement
    self.table = table
    self.shape = shape
    unit = dialect.textUnit
    escapes = dialect.unescapesSplices
    isText = table.contents[shape.field].storage == .text
    digest = try Digest()
  }

  func add(
    _ edit: PageEdits.Edit, _ edits: PageEdits, _ page: DocumentPage
  ) throws(NativeError) {
    let key = page.bytes.span.extracting(page.documents[edit.document].key)
    for part in SQLRowKey.parts(of: key) { try bind(key.extracting(part)) }
    try addDigest(edit, edits, page)
    contents.removeAll(keepingCapacity: contents.capacity <= 8 << 20)
    if shape.splices == 0 {
      edits.appendContents(of: edit, in: page, to: &contents)
    } else {
      SpliceText.append(
        edit, edits, count: shape.splices,
        of: page.bytes.span.extracting(page.slots[edit.slot].range), units: units,
        escapes: escapes, to: &contents)
    }
    try bindContents()
  }

  /// Makes rows without a key of what is left of the statement: they join nothing.
  func fillUp() throws(NativeError) {
    while parameter < shape.rows * (table.key.count + 1) {
      parameter += 1
      try statement.bindNull(parameter)
    }
  }

  func send(_ parameter: Int) throws(NativeError) {
    let contents = streamed[parameter] ?? []
    if isText {
      try statement.send(utf8: contents.span)
    } else {
      try statement.send(blob: contents.span)
    }
  }

  private func bindContents() throws(NativeError) {
    parameter += 1
    let contents = contents
    let isStreamed = contents.count >= UpdateBinding.streamedLength
    if isStreamed { streamed[parameter] = contents }
    switch (isText, isStreamed) {
    case (true, false): try statement.bind(parameter, utf8: contents.span)
    case (false, false): try statement.bind(parameter, blob: contents.span)
    case (true, true):
      try statement.bindStreamed(parameter, units: UTF16Text.units(in: contents.span))
    case (false, true): try statement.bindStreamed(parameter, blobCount: contents.count)
    }
  }

  private func bind(_ text: Span<UInt8>) throws(NativeError) {
    parameter += 1
    try statement.bind(parameter, utf8: text)
  }

  private func addDigest(
    _ edit: PageEdits.Edit, _ edits: PageEdits, _ page: DocumentPage
  ) throws(NativeError) {
    try digest.restart()
    // A splice replaces whole characters.
    try edits.eachPiece(of: edit, in: page) { (contents) throws(NativeError) in
      guard isText, unit == .utf16 else { return try digest.update(contents) }
      try UTF16Text.eachPiece(of: contents, length: UpdateBinding.streamedLength) {
        (piece) throws(NativeError) in
        wide.removeAll(keepingCapacity: true)
        guard UTF16Text.encode(piece, order: .little, appendingTo: &wide) else { throw .notUnicode }
        let wide = wide
        try digest.update(wide.span)
      }
    }
    var result = [UInt8](repeating: 0, count: Digest.length)
    try digest.finish(into: &result)
    digests.append(result)
  }

  private func units(in text: Span<UInt8>) -> Int {
    switch unit {
    case .utf16: UTF16Text.units(in: text)
    case .utf8: text.count
    }
  }
}
