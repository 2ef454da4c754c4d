import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct StoreRotationTests {
  @Test func everyValueIsUnderTheNewKeyAndTheRestIsAsItWas() throws {
    let old = try key(1)
    let new = try key(100, bytes: 32)
    let secrets = ["", "x", "fifteen bytes!!", "sixteen bytes!!!", "pässwörd 🔑", "a|b|c"]
    let values = try secrets.map { try value($0, old) }
    let store = MemoryStore(json: [
      #"{ "a" : "\#(values[0])","n":1.50,"b":["\#(values[1])",null,""] }"#,
      "{\r\n  \"a\": \"\(values[2])\",\r\n  \"a\": \"\(values[3])\"\r\n}",
      #"{"nothing":"here"}"#,
      #"["\#(values[4])","\#(values[5])"]"#,
    ])
    let before = (0..<4).map(store.text)
    let (survey, outcome) = try rotate(store, old, new)
    #expect(store.committed)
    #expect(survey.documents == 4 && survey.oldValues == 6)
    #expect(outcome.collections.map(\.updatedDocuments) == [3])
    #expect(outcome.collections.map(\.reencryptedValues) == [6] && outcome.failedDocuments == 0)
    #expect(outcome.ledgerBefore == outcome.ledgerAfter && outcome.ledgerAfter.values == 6)
    var opened: [String] = []
    for index in 0..<4 {
      #expect(masked(store.text(index)) == masked(before[index]))
      let parts = store.text(index).split(separator: "\"").map(String.init)
      opened += try parts.compactMap { try open($0, new) }
    }
    #expect(opened == secrets)
    #expect(store.text(2) == before[2] && store.writes == 3, "only what changed is written")
  }

  @Test func freshVectorForEveryValue() throws {
    let old = try key(1)
    let new = try key(100)
    let same = try value("same", old)
    let store = MemoryStore(json: [#"["\#(same)","\#(same)"]"#])
    try rotate(store, old, new)
    let parts = store.text(0).split(separator: "\"").filter { $0.count > 10 }
    #expect(parts.count == 2 && parts[0] != parts[1])
  }

  @Test func wrongOldKeyIsRecognised() throws {
    let old = try key(1)
    let wrong = try key(2)
    let new = try key(100)
    let values = try (0..<50).map { try value("secret \($0)", old) }
    let store = MemoryStore(json: values.map { #"{"x":"\#($0)"}"# })
    let fingerprint = try KeyFingerprint(of: wrong)
    let misfit = KeyMisfit(decrypted: 0, failed: 50, certificateFails: false)
    #expect(throws: RotationError.keyDoesNotFit(fingerprint, location: "memory", misfit)) {
      try rotate(store, wrong, new)
    }
    var options = StoreRotation.Options()
    options.skipUnreadable = true
    #expect(throws: RotationError.keyDoesNotFit(fingerprint, location: "memory", misfit)) {
      try rotate(store, wrong, new, options: options)
    }
    #expect(store.writes == 0)
  }

  @Test func unreadableValuesStopTheRunOrAreLeft() throws {
    let old = try key(1)
    let third = try key(2)
    let new = try key(100)
    let foreign = try value("foreign", third)
    let good = try value("good", old)
    let more = try (0..<3).map { #"{"x":"\#(try value("more \($0)", old))"}"# }
    let json =
      [
        #"{"x":"\#(good)"}"#, #"{"Variables":[{},{"Value":"\#(foreign)"}],"y":"\#(good)"}"#,
        #"{"x":"\#(good)""#,
      ] + more
    let store = MemoryStore(json: json)
    let stopped = findings(for: store, old, new)
    let findings = try #require(stopped)
    #expect(findings.count == 2 && findings.countByCollection == [ExactName("VariableSet"): 2])
    #expect(findings.first[0].document == "Documents-1")
    #expect(findings.first[0].path == "Variables[1].Value")
    #expect(findings.first[0].reason == .decryptsWithNoKey)
    #expect(findings.first[1].reason == .malformedJSON && findings.first[1].offset == 6)
    #expect(store.writes == 0)

    var options = StoreRotation.Options()
    options.skipUnreadable = true
    let (survey, outcome) = try rotate(store, old, new, options: options)
    #expect(survey.findings.count == 2 && survey.collections[0].documentsWithFindings == 2)
    #expect(outcome.collections[0].reencryptedValues == 5)
    // Where something was rewritten, the document counts as updated.
    #expect(outcome.failedDocuments == 1 && outcome.collections[0].updatedDocuments == 5)
    #expect(store.text(1).contains(foreign) && !store.text(1).contains(good))
    #expect(store.text(2) == json[2], "a document that is no JSON stays as it was")
  }

  @Test func aValueUnderTheNewKeyStaysAsItIs() throws {
    let old = try key(1)
    let new = try key(100)
    let done = try value("done", new)
    let store = MemoryStore(json: [#"["\#(done)","\#(try value("todo", old))"]"#])
    let (survey, outcome) = try rotate(store, old, new)
    #expect(survey.newValues == 1 && survey.oldValues == 1)
    #expect(outcome.collections[0].reencryptedValues == 1)
    #expect(outcome.ledgerAfter.values == 2)
    #expect(store.text(0).contains(done))
  }

  /// A ciphertext that opens under both keys, found by trying.
  private func ambiguous(_ a: borrowing MasterKey, _ b: borrowing MasterKey) throws -> [UInt8] {
    let (first, second) = (try ValueCipher(a), try ValueCipher(b))
    let (buffer, scratch) = (try buffer(Array("y".utf8)), SecretBuffer())
    while true {
      var ciphertext: [UInt8] = []
      try first.seal(buffer, replacing: nil, appendingTo: &ciphertext)
      let decryption = try second.decrypt(ciphertext.span, as: .binary, into: scratch)
      if decryption == .decrypted { return ciphertext }
    }
  }

  /// The old key is right, and what is in this field are ciphertexts.
  private var trusting: StoreRotation.Options {
    var options = StoreRotation.Options.trusting
    options.decisions.binaryFields = [.init("BlobDocument.Blob"): .ciphertext]
    return options
  }

  @Test func theOtherValuesDecideWhatOpensUnderBothKeys() throws {
    let old = try key(1)
    let new = try key(100)
    let both = try ambiguous(old, new)
    let sure = try seal(Array("sure".utf8), old)
    let fields = [StoreCollection.Field(name: "Blob", storage: .bytes)]
    let collection = StoreCollection(name: "BlobDocument", fields: fields)
    let store = MemoryStore([
      (collection, [.init(id: "1", fields: [both]), .init(id: "2", fields: [sure])]),
      (StoreCollection(name: "Other", fields: fields), []),
    ])
    #expect(throws: RotationError.self, "binary values prove nothing") {
      try rotate(store, old, new)
    }
    #expect(throws: RotationError.self, "and two show nothing of the key, whoever trusts it") {
      try rotate(store, old, new, options: .trusting)
    }
    let (survey, _) = try rotate(store, old, new, options: trusting)
    #expect(survey.oldValues == 2 && survey.newValues == 0 && survey.findings.count == 0)
    let plaintext = SecretBuffer()
    let stored = try #require(store.contents[0].documents[0].fields[0])
    _ = try ValueCipher(new).decrypt(stored.span, as: .text, into: plaintext)
    #expect(plaintext.withBytes { Array(copying: $0) } == Array("y".utf8))
  }

  @Test func oneBinaryValueShowsNothingOfTheKey() throws {
    let old = try key(1)
    let field = StoreCollection.Field(name: "Blob", storage: .bytes)
    let store = MemoryStore([
      (
        StoreCollection(name: "BlobDocument", fields: [field]),
        [.init(id: "1", fields: [try seal(Array("one".utf8), old)])]
      )
    ])
    let expected = RotationError.keyUnproven(
      try KeyFingerprint(of: old), location: "memory", binaryValues: 1,
      fields: ["BlobDocument.Blob"])
    #expect(throws: expected) { try rotate(store, old, key(100), options: .trusting) }
    #expect(try rotate(store, old, key(100), options: trusting).survey.oldValues == 1)
  }

  @Test func nothingDecidesBetweenOldAndNewInAMixedStore() throws {
    let old = try key(1)
    let new = try key(100)
    let both = try ambiguous(old, new)
    let fields = [StoreCollection.Field(name: "Blob", storage: .bytes)]
    let collection = StoreCollection(name: "BlobDocument", fields: fields)
    let store = MemoryStore([
      (
        collection,
        [
          .init(id: "1", fields: [both]),
          .init(id: "2", fields: [try seal(Array("old".utf8), old)]),
          .init(id: "3", fields: [try seal(Array("new".utf8), new)]),
        ]
      )
    ])
    #expect(reasons(for: store, old, new, options: trusting) == [.ambiguous])
    #expect(store.writes == 0)
    var options = trusting
    options.skipUnreadable = true
    let (survey, _) = try rotate(store, old, new, options: options)
    #expect(survey.findings.first.map(\.reason) == [.ambiguous])
    #expect(store.contents[0].documents[0].fields[0] == both)
  }

  @Test func whatIsReadBackMustBeWhatWasWritten() throws {
    let old = try key(1)
    let new = try key(100)
    let text =
      #"{"a":"some text","x":"\#(try value("secret", old))","y":"\#(try value("2", old))"}"#
    // A store that loses the end, changes a letter outside the values, or loses a value.
    let tampers: [(inout [UInt8]) -> Void] = [
      { $0.removeLast(1) }, { $0[7] ^= 1 }, { $0 = Array(#"{"x":""}"#.utf8) }, { $0[25] ^= 2 },
    ]
    for tamper in tampers {
      let store = MemoryStore(json: [text])
      store.tamper = tamper
      let error = #expect(throws: RotationError.self) { try rotate(store, old, new) }
      guard case .ledgerMismatch(let before, let after, "memory")? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(before.values == 2 && after != before)
      #expect(!store.committed && store.text(0) == text)
    }
  }

  @Test func theSameKeyIsNoRotation() throws {
    let old = try key(1)
    let same = try key(1)
    let fingerprint = try KeyFingerprint(of: old)
    #expect(throws: RotationError.sameKey(fingerprint)) {
      try rotate(MemoryStore(json: []), old, same)
    }
  }

  @Test func ciphertextInLongerTextIsReportedAndLeft() throws {
    let old = try key(1)
    let new = try key(100)
    let text = #"{"log":"it was \#(try value("secret", old)) yesterday"}"#
    let store = MemoryStore(json: [text])
    var options = StoreRotation.Options()
    options.allowEmpty = true
    let (survey, _) = try rotate(store, old, new, options: options)
    #expect(survey.quotations.count == 1 && store.text(0) == text)
  }

  @Test func valuesThatAreNoTextAreNamed() throws {
    let old = try key(1)
    let new = try key(100)
    var text: [UInt8] = []
    let sealed = try seal([0xFF, 0xFE, 0x80], old)
    EncryptedValue.format(sealed.span, appendingTo: &text)
    let nonsense = #"{"x":"\#(String(decoding: text, as: UTF8.self))"}"#
    let store = MemoryStore(json: [nonsense, #"["\#(try value("good", old))"]"#])
    #expect(reasons(for: store, old, new, options: .trusting) == [.decryptsToGarbage])
    // A certificate is no text either, and is taken.
    text = []
    let certificate: [UInt8] = [0x30, 0x82, 0x00, 0x03, 0xFF, 0xFE, 0x80]
    let sealedCertificate = try seal(certificate, old)
    EncryptedValue.format(sealedCertificate.span, appendingTo: &text)
    let other = MemoryStore(json: [#"{"x":"\#(String(decoding: text, as: UTF8.self))"}"#])
    #expect(try rotate(other, old, new).survey.oldValues == 1)
  }

  /// X.690, 8.1.3: lengths below 0x80 in one byte, others behind their number of bytes; 0x80 alone is not a length.
  @Test func aCertificateIsOneSequenceThatFillsItsBytes() throws {
    func isPlausible(_ start: [UInt8], _ count: Int) throws -> Bool {
      try ValueCipher.isPlausible(buffer(start + [UInt8](repeating: 0xFF, count: count)))
    }
    for (start, count) in [
      ([0x30, 0x7F], 0x7F), ([0x30, 0x81, 0x80], 0x80), ([0x30, 0x82, 0x01, 0x00], 0x100),
      ([0x30, 0x84, 0, 0, 0, 2], 2),
    ] as [([UInt8], Int)] {
      #expect(try isPlausible(start, count))
      #expect(try !isPlausible(start, count + 1) && !isPlausible(start, count - 1))
    }
    #expect(try !isPlausible([0x30, 0x80], 0x80) && !isPlausible([0x30, 0x80], 2))
    #expect(try !isPlausible([0x31, 0x7F], 0x7F) && !isPlausible([0x30, 0x85, 0, 0, 0, 0, 2], 2))
  }

  /// Only the fields with something in them are read again.
  @Test func aFieldThatCannotBeReadIsReadAgainAndCounted() throws {
    let old = try key(1)
    let fields = ["JSON", "Note"].map { StoreCollection.Field(name: $0, storage: .text) }
    let good = Array(#"{"x":"\#(try value("good", old))"}"#.utf8)
    let damaged = Array(#"{"x":"\#(try value("damaged", old).dropLast())"}"#.utf8)
    let store = MemoryStore([
      (
        StoreCollection(name: "T", fields: fields),
        [.init(id: "1", fields: [good, nil]), .init(id: "2", fields: [nil, damaged])]
      )
    ])
    var options = StoreRotation.Options()
    options.skipUnreadable = true
    let (_, outcome) = try rotate(store, old, key(100), options: options)
    #expect(outcome.collections[0].updatedDocuments == 1 && outcome.failedDocuments == 1)
  }
}
