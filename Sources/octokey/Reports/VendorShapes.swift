// The two answers that have the shape of the vendor's, because scripts read them: no envelope, and the vendor's own order,
// which an encoder would not keep.

import FoundationEssentials

enum VendorShapes {
  static let schemas: [(name: String, schema: Schema)] = [
    (
      "list-instances",
      .list(["InstanceName": .string, "ConfigurationFilePath": .string])
    ),
    ("show-master-key", .either([["MasterKey": .string], ["Fingerprint": .string]])),
  ]

  /// A string of JSON, with its quotes.
  static func string(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return String(decoding: try encoder.encode(text), as: UTF8.self).withUnprintablesAsJSON
  }
}
