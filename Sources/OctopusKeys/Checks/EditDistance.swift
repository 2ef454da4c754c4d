// How far a misspelt name is from a right one.

package enum EditDistance {
  /// The number of characters to insert, remove, replace or swap with the next one; nil for more than `most`, which
  /// takes the less time the smaller `most` is.
  package static func between(_ one: String, _ other: String, atMost most: Int) -> Int? {
    guard abs(one.unicodeScalars.count - other.unicodeScalars.count) <= most else { return nil }
    let (one, other) = (Array(one.unicodeScalars), Array(other.unicodeScalars))
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
      // No later row has less than both of these.
      if last.allSatisfy({ $0 > most }), current.allSatisfy({ $0 > most }) { return nil }
      (beforeLast, last) = (last, current)
    }
    return last[other.count] <= most ? last[other.count] : nil
  }
}
