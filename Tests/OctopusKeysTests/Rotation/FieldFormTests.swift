// Rotations of fields that are not plain JSON text: packed documents and bytes.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct FieldFormTests {
  @Test func binaryFieldsAreJudgedAsAWhole() throws {
    let old = try key(1)
    let new = try key(100)
    let fields = [StoreCollection.Field(name: "Data", storage: .bytes)]
    let collection = StoreCollection(name: "Unknown", fields: fields)
    let a = try seal(Array("a".utf8), old)
    let b = try seal(Array(repeating: 7, count: 100), old)
    let plain = [UInt8](repeating: 0x50, count: 64)
    func store(_ blobs: [[UInt8]]) -> MemoryStore {
      MemoryStore([
        (collection, blobs.enumerated().map { .init(id: "\($0.offset)", fields: [$0.element]) })
      ])
    }
    let c = try seal(Array("c".utf8), old)
    let d = try seal(Array("d".utf8), new)
    let allOpen = store([a, b, [], c, d])
    try rotate(allOpen, old, new, options: .trusting)
    #expect(allOpen.writes == 3, "four values that open are ciphertext; an empty one says nothing")
    let noneOpens = store([plain, plain, [1, 2, 3]])
    #expect(throws: RotationError.noValues(location: "memory")) { try rotate(noneOpens, old, new) }
    var empty = StoreRotation.Options.trusting
    empty.allowEmpty = true
    try rotate(noneOpens, old, new, options: empty)
    #expect(noneOpens.writes == 0)
    // Copies of one value show no more than it does.
    for undecided in [
      [a], [a, d], [a, plain], [a, b, [1]], [a, b, c], [a, b, c, a], [a, b, c, d, plain],
    ] {
      #expect(reasons(for: store(undecided), old, new, options: .trusting) == [.undecidedBinary])
      var options = empty
      options.skipUnreadable = true
      #expect(throws: RotationError.undecidedBinary(["Unknown.Data"], location: "memory")) {
        try rotate(store(undecided), old, new, options: options)
      }
      let field = Survey.BinaryField(collection: "Unknown", field: "Data")
      options.decisions.binaryFields = [field: .plain]
      let left = store(undecided)
      try rotate(left, old, new, options: options)
      #expect(left.writes == 0)
      options.decisions.binaryFields = [field: .ciphertext]
      options.skipUnreadable = true
      let rotated = store(undecided)
      try rotate(rotated, old, new, options: options)
      #expect(rotated.writes == undecided.filter { [a, b, c].contains($0) }.count)
    }
  }

  /// A field that is known to hold ciphertext is taken for it where nothing is written; a rotation asks.
  @Test func oneForeignValueInAKnownFieldIsForAPersonToDecide() throws {
    let old = try key(1)
    let field = StoreCollection.Field(name: "Blob", storage: .bytes)
    let values = try (0..<6).map { try seal([UInt8(ascii: "a") + $0], old) }
    let store = MemoryStore([
      (
        StoreCollection(name: "BlobDocument", fields: [field]),
        (values + [try seal([1], key(2))]).enumerated().map {
          .init(id: "\($0.offset)", fields: [$0.element])
        }
      )
    ])
    #expect(
      reasons(for: store, old, try key(100), options: .trusting)
        == [.undecidedBinary, .decryptsWithNoKey])
    var done: [Int] = []
    let audit = try StoreAudit.run(store: store, key: old, cancellation: .never) {
      if $0.hasEnded { return }
      done.append($0.done)
      #expect($0.phase == .verify && $0.total == 7)
    }
    #expect(done.first == 0 && done.last == 7)
    #expect(audit.findings.first.map(\.reason) == [.decryptsWithNoKey])
    #expect(audit.collections.map(\.documentsWithValues) == [6])
  }

  @Test func theVectorMayComeLast() throws {
    let old = try key(1)
    let new = try key(100)
    let fields = [StoreCollection.Field(name: "Data", storage: .bytes)]
    let plaintexts = (0..<4).map { Array(repeating: UInt8(200 + $0), count: 10 * $0) }
    let blobs = try plaintexts.map { (plaintext) in
      let sealed = try seal(plaintext, old)
      return Array(sealed[16...] + sealed[..<16])
    }
    func store(_ blobs: [[UInt8]]) -> MemoryStore {
      let documents = blobs.enumerated().map {
        MemoryStore.Document(id: "\($0.offset)", fields: [$0.element])
      }
      return MemoryStore([(StoreCollection(name: "Unknown", fields: fields), documents)])
    }
    let rotated = store(blobs)
    let (survey, outcome) = try rotate(rotated, old, new, options: .trusting)
    let field = Survey.BinaryField(collection: "Unknown", field: "Data")
    #expect(survey.binaryFields == [field: .vectorLast])
    #expect(outcome.collections[0].reencryptedValues == 4 && rotated.writes == 4)
    for (document, plaintext) in zip(rotated.contents[0].documents, plaintexts) {
      let stored = try #require(document.fields[0])
      let opened = SecretBuffer()
      let sealed = Array(stored.suffix(16) + stored.dropLast(16))
      #expect(try ValueCipher(new).decrypt(sealed.span, as: .binary, into: opened) == .decrypted)
      #expect(opened.equals(try buffer(plaintext)))
    }
    let three = Array(blobs.dropLast())
    #expect(reasons(for: store(three), old, new, options: .trusting) == [.undecidedBinary])
    var options = StoreRotation.Options.trusting
    options.decisions.binaryFields = [field: .vectorLast]
    let decided = store(three)
    try rotate(decided, old, new, options: options)
    #expect(decided.writes == 3)
  }

  @Test func packedDocumentsStayPacked() throws {
    let old = try key(1)
    let new = try key(100)
    let text = #"{"name":"数 é 🔑","x":"\#(try value("packed", old))"}"#
    var wide: [UInt8] = []
    _ = UTF16Text.encode(Array(text.utf8).span, order: .little, appendingTo: &wide)
    var packed: [UInt8] = []
    Gzip().pack(wide.span, appendingTo: &packed)
    let fields = [
      StoreCollection.Field(name: "JSON", storage: .text),
      StoreCollection.Field(name: "JSONBlob", storage: .bytes),
    ]
    let store = MemoryStore([
      (
        StoreCollection(name: "RunbookSnapshot", fields: fields),
        [
          .init(id: "1", fields: [nil, packed]),
          .init(id: "2", fields: [Array(text.utf8), packed]),
        ]
      )
    ])
    let (_, outcome) = try rotate(store, old, new)
    #expect(outcome.collections[0].updatedDocuments == 2)
    #expect(
      outcome.collections[0].reencryptedValues == 3, "where both are filled, both are rewritten")
    let stored = try #require(store.contents[0].documents[0].fields[1])
    let unpacked = try Outside.run(
      "python3", "-c",
      "import sys,gzip;sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()).decode('utf-16-le').encode())",
      input: stored)
    let result = Outside.text(unpacked)
    #expect(masked(result) == masked(text) && result != text)
  }

  /// How python makes bytes of a text, and a text of bytes.
  static let forms: [(pack: String, unpack: String)] =
    ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"]
    .flatMap { codec in
      [
        ("t.encode('\(codec)')", "b.decode('\(codec)')"),
        ("gzip.compress(t.encode('\(codec)'))", "gzip.decompress(b).decode('\(codec)')"),
        (
          "(lambda e: gzip.compress(e[:7]) + gzip.compress(b'') + gzip.compress(e[7:]))(t.encode('\(codec)'))",
          "gzip.decompress(b).decode('\(codec)')"
        ),
      ]
    } + [
      (
        "b'\\xfe\\xff' + t.encode('utf-16-be')",
        "b[2:].decode('utf-16-be') + ('' if b[:2] == b'\\xfe\\xff' else '!')"
      )
    ]

  private func python(_ expression: String, input: [UInt8]) throws -> [UInt8] {
    try Outside.run(
      "python3", "-c",
      "import sys,gzip;b=sys.stdin.buffer.read();t=b.decode('utf-8','replace');"
        + "sys.stdout.buffer.write(\(expression))",
      input: input)
  }

  /// A document and a bare value, in a column for documents, for packed ones, and in one of bytes.
  @Test(arguments: forms)
  func everyEncodingIsReadAndWrittenBack(pack: String, unpack: String) throws {
    let old = try key(1)
    let new = try key(100)
    let texts = [
      #"{"name":"数 é 🔑","x":"\#(try value("first", old))"}"#, try value("second", old),
      " \(try value("third", old).replacing("|", with: "\r\n|"))\n",
    ]
    let names = ["JSON", "JSONBlob", "Data"]
    let fields = names.map { StoreCollection.Field(name: $0, storage: .bytes) }
    let packed = try texts.map { try python(pack, input: Array($0.utf8)) }
    let store = MemoryStore([
      (
        StoreCollection(name: "T", fields: fields),
        packed.enumerated().map { number, contents in
          .init(
            id: "\(number)",
            fields: number == 0 ? [contents, contents, contents] : [nil, nil, contents])
        }
      )
    ])
    let (_, outcome) = try rotate(store, old, new)
    #expect(outcome.collections[0].reencryptedValues == 5)
    for (number, text) in texts.enumerated() {
      for stored in store.contents[0].documents[number].fields.compactMap({ $0 }) {
        let result = Outside.text(try python("(\(unpack)).encode()", input: stored))
        #expect(result != text && masked(result) == masked(text.replacing("\r\n|", with: "|")))
      }
    }
  }

  /// Plain text where a value is expected is named, in UTF-16 as in UTF-8.
  @Test(arguments: ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
  func plainTextIsNamedInEveryEncoding(_ codec: String) throws {
    let old = try key(1)
    let new = try key(100)
    let text = try python("t.encode('\(codec)')", input: Array(#"{"SensitiveValue":"plain"}"#.utf8))
    let good = Array(#"{"SensitiveValue":"\#(try value("good", old))"}"#.utf8)
    let store = MemoryStore([
      (
        StoreCollection(name: "T", fields: [.init(name: "JSON", storage: .bytes)]),
        [.init(id: "1", fields: [text]), .init(id: "2", fields: [good])]
      )
    ])
    #expect(reasons(for: store, old, new) == [.notEncrypted])
  }

  @Test func aDamagedPackedDocumentIsNamed() throws {
    let old = try key(1)
    let new = try key(100)
    let fields = [StoreCollection.Field(name: "JSONBlob", storage: .bytes)]
    var packed: [UInt8] = []
    let text = #"["\#(try value("packed", old))"]"#
    Gzip().pack(Array(text.utf8).span, appendingTo: &packed)
    for damaged in [Array(packed.dropLast()), packed + [0], [1, 2, 3]] {
      let store = MemoryStore([
        (
          StoreCollection(name: "T", fields: fields),
          [.init(id: "1", fields: [damaged]), .init(id: "2", fields: [packed])]
        )
      ])
      #expect(reasons(for: store, old, new) == [.damagedGzip])
    }
  }

  /// In a column of which nothing is known, bytes that begin like gzip may be ciphertext: not if they unpack to a value.
  @Test func aDamagedStreamWithAValueIsNamedInAnyColumn() throws {
    let old = try key(1)
    let new = try key(100)
    let fields = ["Data", "JSON"].map { StoreCollection.Field(name: $0, storage: .bytes) }
    func pack(_ text: [UInt8]) -> [UInt8] {
      var packed: [UInt8] = []
      Gzip().pack(text.span, appendingTo: &packed)
      return packed
    }
    let text = Array(#"["\#(try value("packed", old))"]"#.utf8)
    let packed = pack(text)
    var damages = [packed + [0], packed + [1, 2], Array(packed.dropLast(2))]
    // With a wrong checksum, and UTF-16 that ends in the middle of a character.
    let wide: [UInt8] = text.flatMap { [$0, 0] }
    for text in [text, wide, Array(wide.dropLast()), [0] + wide] {
      damages.append(Array(pack(text).dropLast(8)) + [UInt8](repeating: 0, count: 8))
    }
    for damaged in damages {
      let store = MemoryStore([
        (
          StoreCollection(name: "T", fields: fields),
          [.init(id: "1", fields: [damaged, nil]), .init(id: "2", fields: [nil, packed])]
        )
      ])
      #expect(reasons(for: store, old, new) == [.damagedGzip])
    }
  }

  /// A vector may be any bytes: one in 16 million begins as gzip does.
  @Test func aCiphertextMayBeginLikeGzip() throws {
    let old = try key(1)
    let new = try key(100)
    let field = StoreCollection.Field(name: "Data", storage: .bytes)
    let (cipher, other) = (try AESCBC(key: old.bytes), try ValueCipher(new))
    var likeGzip: [UInt8] = []
    repeat {
      likeGzip = []
      let vector = [0x1F, 0x8B, 8] + Outside.random(13)
      try cipher.encrypt(buffer([7]), vector: vector, appendingTo: &likeGzip)
    } while try other.paddingFits(likeGzip.span)
    let blobs = try [likeGzip] + (1..<4).map { try seal([$0], old) }
    let store = MemoryStore([
      (
        StoreCollection(name: "T", fields: [field]),
        blobs.enumerated().map { .init(id: "\($0.offset)", fields: [$0.element]) }
      )
    ])
    let (_, outcome) = try rotate(store, old, new, options: .trusting)
    #expect(outcome.collections[0].reencryptedValues == 4)
  }

  /// The column may be just as wide as what is in it.
  @Test func whatIsSpeltWithEscapesDoesNotGrow() throws {
    let old = try key(1)
    let new = try key(100)
    let fields = [StoreCollection.Field(name: "Value", storage: .text)]
    var texts: [String] = []
    while texts.count < 200 {
      let plain = try value("of more than one block, \(texts.count)", old)
      guard plain.count(where: { $0 == "+" }) == 1 else { continue }
      let plus = plain.replacing("+", with: #"\u002B"#)
      texts.append(#"["\#(plus)", "\#(plus.replacing("|", with: #"\u007C"#))"]"#)
    }
    let store = MemoryStore([
      (
        StoreCollection(name: "T", fields: fields),
        texts.enumerated().map { .init(id: "\($0.offset)", fields: [Array($0.element.utf8)]) }
      )
    ])
    let (_, outcome) = try rotate(store, old, new)
    #expect(outcome.collections[0].reencryptedValues == 400)
    for (document, text) in zip(store.contents[0].documents, texts) {
      let stored = try #require(document.fields[0])
      #expect(stored.count <= text.utf8.count)
    }
  }

  @Test func aNameThatTheDatabaseSortsByIsNamed() throws {
    let old = try key(1)
    let new = try key(100)
    let (name, content) = (try value("a name", old), try value("a value", old))
    let text = Array(#"{"\#(name)":1,"V":"\#(content)"}"#.utf8)
    func store(sortsNames: Bool) -> MemoryStore {
      let field = StoreCollection.Field(name: "V", storage: .text, sortsNames: sortsNames)
      return MemoryStore([
        (StoreCollection(name: "T", fields: [field]), [.init(id: "1", fields: [text])])
      ])
    }
    #expect(reasons(for: store(sortsNames: true), old, new) == [.sortedName])
    let (_, outcome) = try rotate(store(sortsNames: false), old, new)
    #expect(outcome.collections[0].reencryptedValues == 2)
  }
}
