// What the values of one place are like, where any bytes may be plaintext: one value cannot say that, for a wrong key
// gets its padding right once in 255 times, and a value with a damaged block nearly always.

internal import Native

struct PlaceTally: Sendable {
  /// Values that are text.
  private(set) var texts = 0
  /// Values that open to something else.
  private(set) var others = 0
  /// Of these: copies of one show no more than it does.
  private var distinct = DistinctCount()
  private(set) var failed = 0

  mutating func add(_ judgement: Judgement, of ciphertext: Span<UInt8>) {
    switch judgement {
    case .old(let plaintext), .new(let plaintext), .both(let plaintext, _):
      if ValueCipher.isPlausible(plaintext) {
        texts += 1
      } else {
        others += 1
        distinct.addPadding(of: ciphertext)
      }
    case .implausible, .neither: failed += 1
    }
  }

  mutating func add(_ other: PlaceTally) {
    texts += other.texts
    others += other.others
    distinct.add(other.distinct)
    failed += other.failed
  }

  /// Whether the values themselves show that this is how they are meant: enough of them that it is no chance, every
  /// one opens, and texts are the exception. A few among many texts are damaged ones.
  var isProof: Bool { distinct.value >= BinaryTally.proof && failed == 0 && others > texts }
}
