// What somebody may have meant who misspelt a name.

enum NearSpellings {
  /// The names that are near to `text`, the nearest first, three at most. A name is near if a few
  /// letters differ, or if `text` is a part of it.
  static func of(_ text: String, among names: some Sequence<String>) -> [String] {
    let wanted = Array(text.lowercased().unicodeScalars)
    guard !wanted.isEmpty, wanted.count < 200 else { return [] }
    let limit = max(2, wanted.count / 5)
    var found: [(name: String, distance: Int)] = []
    for name in Set(names) where name.lowercased() != text.lowercased() {
      let candidate = Array(name.lowercased().unicodeScalars)
      if abs(candidate.count - wanted.count) <= limit {
        let distance = distance(wanted, candidate)
        if distance <= limit { found.append((name, distance)) }
      } else if wanted.count >= 4, name.lowercased().contains(text.lowercased()) {
        found.append((name, limit + 1))
      }
    }
    return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// The number of letters to insert, remove, replace or swap with the next one.
  private static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for row in one.indices {
      var current = [row + 1]
      for column in other.indices {
        let isSame = one[row] == other[column]
        var best = min(current[column] + 1, last[column + 1] + 1, last[column] + (isSame ? 0 : 1))
        if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[other.count]
  }
}
