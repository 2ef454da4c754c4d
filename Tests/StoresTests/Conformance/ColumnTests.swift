// What every store with columns promises of those that are not a document's.

import OctopusKeys
import Testing

@testable import Stores

@Suite struct ColumnTests {
  private static let texts = [
    "\"\(shapedText)\"", "{\"V\": \"\(shapedText)\", \"ä\": 1}", "\"neither a value nor a bar\"",
    "\"old|new, with a bar, and as long as a value would be\"",
  ]
  private static let bytes = [
    Array("W6+k and forty-four bytes of ciphertext or not".utf8) + [0, 0xFF],
    Array(shapedText.utf8), Array("short".utf8),
  ]

  /// A change that leaves the length as it is.
  private func changed(_ contents: [UInt8]) -> [UInt8] {
    let old = Array("W6+k".utf8)
    guard let start = contents.indices.first(where: { contents[$0...].starts(with: old) }) else {
      return contents
    }
    return contents[..<start] + Array("X6+k".utf8) + contents[(start + 4)...]
  }

  private func requireRewritten(_ bench: some ColumnBench, _ type: String) throws {
    let before = try bench.contents()
    let store = try bench.store()
    try store.begin(.read)
    let inventory = try store.inventory()
    store.rollback()
    #expect(inventory.unread.isEmpty && inventory.collections.map(\.name) == ["T"], "\(type)")
    #expect(!inventory.account.omissions.contains { $0.column == "C" }, "\(type)")
    let seen = try bench.store().all().compactMap { $0.fields["C"] }
    for content in before where changed(content) != content {
      #expect(seen.contains(String(decoding: content, as: UTF8.self)), "\(type)")
    }
    try bench.store().rewrite { contents in
      let new = changed(contents)
      return new == contents ? nil : new
    }
    let after = try bench.contents()
    #expect(after == before.map(changed) && after != before, "\(type)")
  }

  @Test(arguments: BenchKind.withColumns)
  func everyTypeThatKeepsATextIsReadAndWritten(_ kind: BenchKind) throws {
    for type in try kind.columnType.textTypes {
      try requireRewritten(kind.columnType.init(type: type, texts: Self.texts), type)
    }
  }

  @Test(arguments: BenchKind.withColumns)
  func everyTypeThatKeepsBytesIsReadAndWritten(_ kind: BenchKind) throws {
    for type in try kind.columnType.byteTypes {
      try requireRewritten(kind.columnType.init(type: type, bytes: Self.bytes), type)
    }
  }

  /// Of what holds nothing of the shape there is nothing to fetch.
  @Test(arguments: BenchKind.withColumns)
  func aTextWithoutABarIsNotFetched(_ kind: BenchKind) throws {
    let bytes = try kind.columnType.byteTypes
    let searched = try kind.columnType.textTypes.filter { !bytes.contains($0) }
    for type in searched {
      let bench = try kind.columnType.init(type: type, texts: [Self.texts[2]])
      #expect(try bench.store().all().isEmpty, "\(type)")
    }
  }

  @Test(arguments: BenchKind.withColumns)
  func aValueInATypeThatDoesNotKeepItIsNamed(_ kind: BenchKind) throws {
    for type in try kind.columnType.unfitTypes {
      let store = try kind.columnType.init(type: type, texts: [shapedText]).store()
      try store.begin(.read)
      #expect(try store.inventory().unread == [.init(collection: "T", obstacle: .unfitType("C"))])
      store.rollback()
      for access in [StoreAccess.examine, .rewrite] {
        let refusal = StoreError.obstacle(
          location: store.location, collection: "T", .unfitType("C"))
        #expect(throws: refusal, "\(type)") { try store.all(access) }
      }
    }
  }

  @Test(arguments: BenchKind.withColumns)
  func theAccountSaysWhyAColumnIsNotLookedAt(_ kind: BenchKind) throws {
    for (type, example, reason) in try kind.columnType.idleTypes {
      let store = try kind.columnType.init(type, [example]).store()
      defer { store.rollback() }
      try store.begin(.read)
      let omissions = try store.inventory().account.omissions
      #expect(omissions.contains(.init(place: "T", column: "C", reason)), "\(type): \(omissions)")
    }
  }
}
