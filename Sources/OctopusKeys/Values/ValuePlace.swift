// Places of values, for judging together what is kept for one purpose: a column, or a path in the JSON of a column,
// whatever the numbers of array elements in it.

/// A place, as a person writes it: `TABLE.PATH` in a column of documents, and else `TABLE.COLUMN` or, in JSON there,
/// `TABLE.COLUMN.PATH`. Elements of arrays are written `[]`.
package struct ValuePlace: Hashable, Sendable {
  package var name: String { exactName.text }
  private let exactName: ExactName

  package init(_ name: String) { exactName = ExactName(ValuePlace.withoutNumbers(name)) }

  /// - Parameter path: of the value in the JSON of the field, such as `Variables[3].Value`; nil where it has none.
  init(collection: String, field: String, path: String?) {
    let isRoot = StoreCollection.Field.isDocument(field) && path != nil
    let parts = [collection] + (isRoot ? [] : [field])
    self.init((parts + [path].compactMap { $0 }).joined(separator: "."))
  }

  func isIn(collection name: String) -> Bool { self.name.utf8.starts(with: (name + ".").utf8) }

  private static func withoutNumbers(_ path: String) -> String {
    var text: [UInt8] = []
    for byte in path.utf8 {
      if byte == UInt8(ascii: "]"), let bracket = text.lastIndex(of: UInt8(ascii: "[")),
        text[(bracket + 1)...].allSatisfy({ (0x30...0x39).contains($0) })
      {
        text.removeSubrange((bracket + 1)...)
      }
      text.append(byte)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
