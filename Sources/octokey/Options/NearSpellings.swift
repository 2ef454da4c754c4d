// Suggestions for a misspelt name.

import OctopusKeys

enum NearSpellings {
  /// The names that resemble `text`, the nearest first, three at most: a few letters differ, or `text`
  /// is a part of the name.
  static func of(_ text: String, among names: some Sequence<String>) -> [String] {
    let wanted = text.lowercased()
    guard !wanted.isEmpty, wanted.count < 200 else { return [] }
    let limit = max(2, wanted.count / 5)
    var found: [(name: String, distance: Int)] = []
    for name in Set(names) where name.lowercased() != wanted {
      let candidate = name.lowercased()
      if let distance = EditDistance.between(wanted, candidate, atMost: limit) {
        found.append((name, distance))
      } else if wanted.count >= 4, candidate.contains(wanted) {
        found.append((name, limit + 1))
      }
    }
    return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }
}
