// Numbers that several reports have, under the same names.

/// How many sensitive values decrypt with a key, and how many cannot be decrypted with it.
struct ValueCounts: Codable {
  static let schema: Schema = ["decrypted": .integer, "unreadable": .integer]

  let decrypted: Int
  let unreadable: Int

  var tried: Int { decrypted + unreadable }
}

struct DocumentCount: Encodable {
  static let schema: Schema = ["processed": .integer]

  let processed: Int
}

/// A config by its path.
struct ConfigName: Codable {
  static let schema: Schema = ["path": .string]

  let path: String
}
