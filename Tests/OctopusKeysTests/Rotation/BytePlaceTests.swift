// Text values the plaintext of which is no text: judged by the place that they are in.

import Native
import Testing

@testable import OctopusKeys

@Suite struct BytePlaceTests {
  private static let place = ValuePlace("Event.Changes[].value")

  /// What has the padding of `key` and no text in it.
  private func bytes(_ key: borrowing MasterKey, _ length: Int = 32) throws -> String {
    var text: [UInt8] = []
    let sealed = try seal([0xFF] + (1..<length).map { _ in .random(in: .min ... .max) }, key)
    EncryptedValue.format(sealed.span, appendingTo: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Documents with one value at the place, and one more beside it that is text.
  private func store(
    _ values: [String], beside text: String, isTransactional: Bool = true
  ) -> MemoryStore {
    MemoryStore(
      table: "Event",
      json: values.map { #"{"Changes": [{"op": 1}, {"value": "\#($0)"}], "Note": "\#(text)"}"# },
      isTransactional: isTransactional)
  }

  private func texts(_ store: MemoryStore) -> [String] {
    store.contents[0].documents.indices.map { store.text($0) }
  }

  @Test func fourValuesShowThatBytesAreMeant() throws {
    let old = try key(1)
    let new = try key(100)
    let text = try value("note", old)
    let store = store(try (0..<4).map { try bytes(old, 20 + $0) }, beside: text)
    let before = texts(store)
    let (survey, outcome) = try rotate(store, old, new)
    #expect(survey.bytePlaces == [Self.place: 4])
    #expect(survey.oldValues == 8 && survey.findings.count == 0)
    #expect(outcome.collections[0].reencryptedValues == 8)
    #expect(outcome.ledgerAfter == survey.ledger)
    let after = texts(store)
    #expect(after.map(masked) == before.map(masked) && zip(after, before).allSatisfy(!=))
    let audit = try StoreAudit.run(
      store: store, key: new, cancellation: .never, progress: { _ in })
    #expect(audit.oldValues == 8 && audit.findings.count == 0 && audit.keyFit == .fits)
  }

  /// As an interruption leaves a folder: some are under the new key already.
  @Test func bothKeysCount() throws {
    let old = try key(1)
    let new = try key(100)
    let text = try value("note", old)
    let store = store(
      [try bytes(old), try bytes(new), try bytes(old), try bytes(new)], beside: text,
      isTransactional: false)
    let (survey, outcome) = try rotate(store, old, new)
    #expect(survey.oldValues == 6 && survey.newValues == 2)
    #expect(outcome.collections[0].reencryptedValues == 6)
  }

  /// Fewer than four, copies, one that does not open, and texts with a few damaged ones among them.
  @Test func aPersonDecidesOtherwise() throws {
    let old = try key(1)
    let new = try key(100)
    let third = try key(2)
    let text = try value("note", old)
    let (a, b, c, d) = (try bytes(old), try bytes(old), try bytes(old), try bytes(old))
    let texts = try (0..<5).map { try value("text \($0)", old) }
    for (values, nonsense, foreign) in [
      ([a, b, c], 3, 0), ([a, b, c, a, b, c], 6, 0), ([a, b, c, d, try bytes(third)], 4, 1),
      ([a, b, c, d] + texts, 4, 0),
    ] {
      let found = findings(for: store(values, beside: text), old, new, options: .trusting)
      let kinds = found?.first ?? []
      #expect(kinds.count { $0.reason == .decryptsToGarbage } == nonsense)
      #expect(kinds.count { $0.reason == .decryptsWithNoKey } == foreign)
      #expect(kinds.count == nonsense + foreign)
      #expect(kinds.allSatisfy { $0.place == Self.place })
      var options = StoreRotation.Options.trusting
      options.decisions.bytePlaces = [Self.place]
      options.skipUnreadable = foreign > 0
      let store = store(values, beside: text)
      let (survey, outcome) = try rotate(store, old, new, options: options)
      #expect(survey.findings.count == foreign)
      #expect(outcome.collections[0].reencryptedValues == 2 * values.count - foreign)
    }
  }

  /// Another place of the same collection is judged by itself.
  @Test func onePlaceIsNoneOfAnothers() throws {
    let old = try key(1)
    let new = try key(100)
    let values = try (0..<4).map { _ in try bytes(old) }
    let store = store(values, beside: try bytes(old))
    store.replace(0, with: store.text(0).replacing("Changes", with: "Other"))
    let found = findings(for: store, old, new, options: .trusting)
    // The note is a copy of one value, and three are left at the other place.
    #expect(
      Set((found?.first ?? []).map(\.place.name))
        == ["Event.Note", "Event.Changes[].value", "Event.Other[].value"])
  }

  @Test func aPlaceOfAColumnThatIsNoDocument() throws {
    let old = try key(1)
    let new = try key(100)
    let fields = [StoreCollection.Field(name: "Hash", storage: .text)]
    let documents = try (0..<4).map {
      MemoryStore.Document(id: "\($0)", fields: [Array(try bytes(old).utf8)])
    }
    let store = MemoryStore([(StoreCollection(schema: "x", name: "T", fields: fields), documents)])
    let (survey, _) = try rotate(store, old, new, options: .trusting)
    #expect(survey.bytePlaces == [ValuePlace("x.T.Hash"): 4])
  }

  @Test(arguments: [
    ("T.a[0].b", "T.a[].b"), ("T.a[12][3]", "T.a[][]"), ("T.a[x]", "T.a[x]"), ("T.[]", "T.[]"),
  ])
  func numbersOfElementsAreLeftOut(_ written: String, _ name: String) {
    #expect(ValuePlace(written).name == name)
  }
}
