// Sums of digests modulo 2^256, and how they are written.

import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct LedgerTests {
  @Test func theLeastSignificantByteComesFirst() {
    let ledger = Ledger(values: 1, digest: [UInt8](1...32))
    #expect(
      ledger.description == "201f1e1d1c1b1a191817161514131211100f0e0d0c0b0a090807060504030201")
    #expect(Ledger().description == String(repeating: "0", count: 64))
  }

  @Test func aSumIsModulo2To256() {
    var sum = Ledger(values: 2, digest: [UInt8](repeating: 0xFF, count: 32))
    sum.add(Ledger(values: 3, digest: [2] + [UInt8](repeating: 0, count: 31)))
    #expect(sum == Ledger(values: 5, digest: [1] + [UInt8](repeating: 0, count: 31)))
    // A carry over one word, and over two.
    for words in 1...2 {
      let ones = [UInt8](repeating: 0xFF, count: 8 * words)
      var carried = Ledger(values: 1, digest: ones + [UInt8](repeating: 0, count: 32 - 8 * words))
      carried.add(Ledger(values: 0, digest: [1] + [UInt8](repeating: 0, count: 31)))
      var expected = [UInt8](repeating: 0, count: 32)
      expected[8 * words] = 1
      #expect(carried == Ledger(values: 1, digest: expected))
    }
  }

  @Test func itIsWrittenIn64SmallHexadecimalDigits() {
    let digits = String(repeating: "0123456789abcdef", count: 4)
    #expect(Ledger.isDescription(digits))
    for other in [
      "", String(digits.dropLast()), digits + "0", digits.uppercased(),
      digits.dropLast() + "g", digits.dropLast() + "`", digits.dropLast() + ":",
      digits.dropLast() + "/",
    ] {
      #expect(!Ledger.isDescription(other), "\(other)")
    }
  }

  /// Two plaintexts after one another, in a field of a document.
  private func ledger(
    _ document: String, _ field: String, _ plaintexts: (String, String)
  ) throws -> Ledger {
    let writer = try LedgerWriter(key: key(1))
    let (first, second) = (
      try buffer(Array(plaintexts.0.utf8)), try buffer(Array(plaintexts.1.utf8))
    )
    let text = Array("12".utf8)
    try writer.addField("T", Array(document.utf8).span, field, text: text.span) {
      (entry) throws(NativeError) in
      try entry.add(first, at: 0..<1, in: text.span)
      try entry.add(second, at: 1..<2, in: text.span)
    }
    return writer.take()
  }

  @Test func whereOnePartEndsAndTheNextBeginsCounts() throws {
    // Any bytes may be a plaintext, and look like the length of the next one.
    let zeros = String(repeating: "\0", count: 8)
    let ledgers = try [
      ledger("ab", "c", ("de", "f")), ledger("a", "bc", ("de", "f")),
      ledger("ab", "c", ("d", "ef")), ledger("ab", "cd", ("e", "f")),
      ledger("ab", "c", ("de" + zeros, "f")), ledger("ab", "c", ("de", zeros + "f")),
    ]
    #expect(Set(ledgers.map(\.description)).count == 6)
    #expect(try ledger("ab", "c", ("de", "f")) == ledgers[0])
  }

  /// A journal may be read by another version than the one that wrote it.
  @Test func anotherProgramComesToTheSame() throws {
    let text = Array("<1 and 2>".utf8)
    let (first, second) = (try buffer(Array("de".utf8)), try buffer(Array("f".utf8)))
    let writer = try LedgerWriter(key: key(1))
    try writer.addField("T", Array("ab".utf8).span, "c", text: text.span) {
      (entry) throws(NativeError) in
      try entry.add(first, at: 1..<2, in: text.span)
      try entry.add(second, at: 7..<8, in: text.span)
    }
    let expected = try Outside.run(
      "python3", "-c",
      """
      import hashlib, hmac, sys, zlib
      around = zlib.crc32(b"< and >").to_bytes(4, "little")
      parts = [len(part).to_bytes(8, "little") + part for part in (b"T", b"ab", b"c", b"de", b"f", around)]
      ledger_key = hmac.digest(bytes.fromhex(sys.argv[1]), b"octokey ledger 1", "sha256")
      print(hashlib.sha256(ledger_key + b"".join(parts)).digest()[::-1].hex(), end="")
      """, "0102030405060708090a0b0c0d0e0f10")
    #expect(writer.take().description == String(decoding: expected, as: UTF8.self))
  }
}
