// Changes to a page as splices: what a store makes of them, with and without gzip around the text.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct PageEditsTests {
  private static let fields: [StoreCollection.Field] = [
    .init(name: "JSON", storage: .text), .init(name: "JSONBlob", storage: .bytes),
    .init(name: "Data", storage: .bytes),
  ]

  private func page(_ contents: [UInt8], field: Int) -> DocumentPage {
    var page = DocumentPage()
    page.addDocument(key: [1].span, id: Array("before".utf8).span)
    page.addField(0, storage: .text, contents: Array("untouched".utf8).span)
    page.addDocument(key: [2].span, id: Array("T-1".utf8).span)
    page.addField(field, storage: Self.fields[field].storage, contents: contents.span)
    return page
  }

  /// The stored contents after replacing ranges of the text of the second document's field.
  private func edited(
    _ contents: [UInt8], field: Int, _ replacements: [(Range<Int>, String)]
  ) throws -> (contents: [UInt8], splices: Int) {
    let page = page(contents, field: field)
    let codec = FieldCodec(Self.fields)
    var edits = PageEdits()
    edits.bytes = Array("another document's".utf8)
    let fault = try codec.decode(contents.span, of: field, storedAs: .bytes) { (text, encoding) in
      let start = edits.bytes.count
      var splices: [PageEdits.Splice] = []
      for (range, new) in replacements {
        let first = edits.bytes.count
        edits.bytes += Array(new.utf8)
        splices.append(.init(replaced: range, replacement: first..<edits.bytes.count))
      }
      codec.encode(
        &splices, &edits.bytes, from: start, text: text, as: encoding, storedCount: contents.count)
      edits.add(document: 1, slot: 1, splices, in: page)
    }
    #expect(fault == nil)
    let edit = try #require(edits.edits.first)
    var result: [UInt8] = []
    edits.appendContents(of: edit, in: page, to: &result)
    #expect(edit.newCount == result.count)
    return (result, edit.splices.count)
  }

  private static let text = #"{"a":"one","b":"two","é":"three"}"#
  private static let replacements: [(Range<Int>, String)] = [(6..<9, "1"), (16..<19, "twenty-two")]
  private static let expected = #"{"a":"1","b":"twenty-two","é":"three"}"#

  @Test func splicesOfPlainTextStaySplices() throws {
    let (contents, splices) = try edited(
      Array(Self.text.utf8), field: 0, Self.replacements)
    #expect(String(decoding: contents, as: UTF8.self) == Self.expected && splices == 2)
    let nothing = try edited(Array("ab".utf8), field: 0, [(0..<0, "x"), (2..<2, "y")]).contents
    #expect(nothing == Array("xaby".utf8))
    let all = try edited(Array("ab".utf8), field: 0, [(0..<2, "")]).contents
    #expect(all.isEmpty)
  }

  @Test(arguments: ["utf-8", "utf-16-le"])
  func packedTextIsPackedAgainAsItWas(_ encoding: String) throws {
    let packed = try Outside.run(
      "python3", "-c",
      "import sys,gzip;sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read().decode().encode('\(encoding)')))",
      input: Array(Self.text.utf8))
    let (contents, splices) = try edited(packed, field: 1, Self.replacements)
    #expect(splices == 1)
    let unpacked = try Outside.run(
      "python3", "-c",
      "import sys,gzip;sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()).decode('\(encoding)').encode())",
      input: contents)
    #expect(Outside.text(unpacked) == Self.expected)
  }

  @Test func bytesAreReplacedAsAWhole() throws {
    let (contents, splices) = try edited(
      [UInt8](repeating: 7, count: 32), field: 2, [(0..<32, "new")])
    #expect(contents == Array("new".utf8) && splices == 1)
  }

  @Test func documentsBehindAKeyAreForgotten() {
    var page = page([1], field: 2)
    page.addDocument(key: [3].span, id: Array("after".utf8).span)
    page.addField(0, storage: .text, contents: [9].span)
    page.removeDocuments(after: [4])
    #expect(page.documents.count == 3)
    page.removeDocuments(after: [2])
    #expect(page.documents.count == 2 && page.slots.count == 2 && page.lastKey == [2])
  }
}
