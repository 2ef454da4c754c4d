// What decrypts to bytes, as reports have it.

import OctopusKeys

/// A place where values decrypt to bytes that are not text.
struct BinaryPlaceLine: Encodable {
  static let schema: Schema = ["place": .string, "values": .integer]

  let place: String
  let values: Int

  var text: String {
    "\(values) value\(values == 1 ? "" : "s") at \(place) decrypt to bytes that are not text, as intended there"
  }

  static func lines(of survey: Survey) -> [BinaryPlaceLine] {
    survey.bytePlaces.filter { $1 > 0 }.map { BinaryPlaceLine(place: $0.name, values: $1) }
      .sorted { $0.place.utf8.lexicographicallyPrecedes($1.place.utf8) }
  }
}
