// How many different ciphertexts there are. Copies of one ciphertext (snapshots of a variable set, releases) are one
// piece of evidence about a key, however often they are stored.

/// Counts distinct ciphertexts in bounded memory: exactly up to `limit`, beyond that as an estimate from the
/// smallest hashes ("k minimum values"; the standard error is 3 %).
struct DistinctCount: Sendable {
  private static let limit = 1024

  private var hashes: Set<UInt64> = []
  /// Hashes above it are not kept.
  private var threshold = UInt64.max

  var value: Int {
    guard threshold < .max else { return hashes.count }
    return Int(Double(hashes.count) / (Double(threshold) / Double(UInt64.max)))
  }

  mutating func add(_ ciphertext: Span<UInt8>) {
    // The seed of this process is random: an attacker cannot choose ciphertexts that collide.
    var hasher = Hasher()
    var word: UInt64 = 0
    for index in ciphertext.indices {
      word = word << 8 | UInt64(ciphertext[index])
      if index & 7 == 7 { hasher.combine(word) }
    }
    hasher.combine(word)
    insert(UInt64(bitPattern: Int64(hasher.finalize())))
    shrink()
  }

  /// Adds what of vector and ciphertext decides whether the padding is valid: the last two blocks.
  mutating func addPadding(of ciphertext: Span<UInt8>) {
    add(ciphertext.extracting(max(0, ciphertext.count - 32)..<ciphertext.count))
  }

  mutating func add(_ other: DistinctCount) {
    threshold = min(threshold, other.threshold)
    hashes.formUnion(other.hashes)
    if threshold < .max { hashes = hashes.filter { $0 <= threshold } }
    shrink()
  }

  private mutating func insert(_ hash: UInt64) {
    if hash <= threshold { hashes.insert(hash) }
  }

  private mutating func shrink() {
    guard hashes.count > 2 * DistinctCount.limit else { return }
    threshold = hashes.sorted()[DistinctCount.limit - 1]
    hashes = hashes.filter { $0 <= threshold }
  }
}
