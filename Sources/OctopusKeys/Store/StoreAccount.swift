// What of a store was looked at, and what was not: a proof counts only for what was looked at.

/// What a store looked at to make its inventory. Documents and bytes are counted where they are read.
package struct StoreAccount: Equatable, Sendable {
  /// Something that was not looked at, because it can hold no value of the server's or is a copy of what was.
  package struct Omission: Hashable, Sendable {
    /// A table with its schema, a folder, or a file.
    package let place: String
    /// Nil if it is about the whole place.
    package let column: String?
    package let reason: Reason

    package init(place: String, column: String? = nil, _ reason: Reason) {
      self.place = place
      self.column = column
      self.reason = reason
    }
  }

  package enum Reason: Hashable, Sendable {
    /// No value of the type has the shape of a ciphertext.
    case cannotHold(type: String)
    /// The shortest ciphertext is longer than the column.
    case tooShort(length: Int)
    /// It follows the columns that it is computed from.
    case computed
    /// Only the database engine itself writes to it.
    case enginesOwn
    /// It shows rows of tables that are looked at, as they were when it was made or refreshed.
    case materializedView
    /// Its rows are in another database.
    case foreignTable
    /// A file without the ending of a document.
    case noDocument
  }

  /// Schemas of a database by name; empty where the store has none.
  package var schemas: [String] = []
  /// Tables, or folders.
  package var collections = 0
  /// Columns that can hold a value; one for each folder.
  package var columns = 0
  package var omissions: [Omission] = []

  package init() {}
}
