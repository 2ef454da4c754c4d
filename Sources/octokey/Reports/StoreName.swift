// A store by its name, as every report has it.

import OctopusKeys

struct StoreName: Codable, Equatable {
  static let schema: Schema = ["kind": .string, "location": .string]

  let kind: String
  /// Without any password.
  let location: String
}

extension StoreName {
  init(_ store: any Store) { self.init(kind: store.kind, location: store.location) }
}
