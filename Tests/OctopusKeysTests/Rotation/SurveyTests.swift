// What a survey counts, and what the server's certificate shows of a key.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct SurveyTests {
  private func survey(_ store: MemoryStore) throws -> Survey {
    try StoreRotation(store: store, oldKey: key(1), newKey: key(100), options: .init())
      .survey(.read)
  }

  /// As an interruption leaves a folder.
  @Test func aValueUnderTheNewKeyIsASensitiveValueToo() throws {
    let (old, new) = (try value("a", key(1)), try value("b", key(100)))
    let found = try survey(
      MemoryStore(json: [#"["\#(new)"]"#, #"["\#(old)"]"#, #"["\#(new)","\#(old)"]"#, "[]"]))
    #expect(found.oldValues == 2 && found.newValues == 2 && found.decrypted == 4)
    let numbers = try #require(found.collections.first)
    #expect(numbers.decrypted == 4 && numbers.documents == 4 && numbers.documentsWithValues == 3)
    #expect(numbers.documentsWithFindings == 0)
  }

  @Test func aThousandFindingsAreKeptAndAllAreCounted() {
    func finding(_ number: Int) -> Finding {
      Finding(
        collection: "T", document: "\(number)", field: "F", offset: nil, path: nil,
        reason: .damagedShape)
    }
    var findings = Findings()
    for number in 1...1001 { findings.add(finding(number)) }
    #expect(findings.first.count == 1000 && findings.count == 1001)
    #expect(findings.first.last == finding(1000))
    var more = Findings()
    more.add(finding(0))
    findings.add(more)
    more.add(findings)
    #expect(findings.first.count == 1000 && findings.count == 1002)
    #expect(more.first.count == 1000 && more.countByCollection == [ExactName("T"): 1003])
  }

  /// A journal has room for so many.
  @Test func fiveThousandAmbiguousValuesAreListedAndNoMore() {
    var found = AmbiguousValues()
    for number in 1...5001 { found.add(digest: "\(number)") }
    var more = found
    more.add(found)
    for listed in [found, more] { #expect(listed.digests == (1...5000).map(String.init)) }
  }

  /// A store with the certificate of a server, and values beside it.
  private func store(certificate: String, beside values: [String]) -> MemoryStore {
    let store = MemoryStore(
      table: "Configuration", json: ([certificate] + values).map { #"{"x":"\#($0)"}"# })
    store.contents[0].documents[0].id = "certificate-global"
    return store
  }

  @Test func aCertificateThatDecryptsDecidesForAKey() throws {
    let folder = ScratchFolder()
    _ = try Outside.run(
      [
        "sh", "-ec",
        """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 9 \
          -keyout k.pem -out c.pem 2>e
        openssl pkcs12 -export -inkey k.pem -in c.pem -passout pass: -out c.pfx
        """,
      ], directory: folder.path)
    let file = Data(Outside.bytes(folder.file("c.pfx"))).base64EncodedString()
    let others = try (0..<5).map { try value("other \($0)", key(2)) }
    #expect(try survey(store(certificate: value(file, key(1)), beside: others)).keyFit == .fits)
    // What is not a certificate is a value like any other.
    let text = try value("no certificate", key(1))
    #expect(try survey(store(certificate: text, beside: others)).keyFit == .doesNotFit)
  }

  /// The padding fits, and the plaintext is not text: a wrong key produces that once in 255 times.
  @Test func aCertificateThatDecryptsToGarbageDecidesAgainstAKey() throws {
    var text: [UInt8] = []
    let sealed = try seal([0xFF, 0xFE, 0x80], key(1))
    EncryptedValue.format(sealed.span, appendingTo: &text)
    let garbage = String(decoding: text, as: UTF8.self)
    let others = try (0..<5).map { try value("other \($0)", key(1)) }
    let found = try survey(store(certificate: garbage, beside: others))
    #expect(found.keyFit == .doesNotFit)
    #expect(found.misfit?.certificateFails == true)
    let elsewhere = MemoryStore(json: ([garbage] + others).map { #"{"x":"\#($0)"}"# })
    #expect(try survey(elsewhere).keyFit == .fits)
  }
}
