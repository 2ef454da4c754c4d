// By what an export of projects is told from a store.

import Testing

@testable import OctopusKeys

@Suite struct ExportManifestTests {
  private func isManifest(_ text: String) -> Bool {
    ExportManifest.isManifest(Array(text.utf8).span)
  }

  @Test func aDocumentAndItsSHA1AreProof() {
    func manifest(_ hash: String) -> String {
      #"{"Version":"1","Entries":[{"DocumentSource":"Projects-1.json","Hash":"\#(hash)"}]}"#
    }
    let sha1 = String(repeating: "0a", count: 20)
    #expect(isManifest(manifest(sha1)))
    #expect(!isManifest(manifest(sha1 + "0")) && !isManifest(manifest(String(sha1.dropLast()))))
    #expect(!isManifest(manifest(sha1).replacing("Entries", with: "Others")))
    // Of one entry, both.
    #expect(
      !isManifest(#"{"Entries":[{"DocumentSource":"Projects-1.json"},{"Hash":"\#(sha1)"}]}"#))
  }

  @Test(arguments: ["Hello", "Cephalopod"])
  func soIsACiphertextBesideAnyListOfEntries(_ name: String) throws {
    let value = try value("hello", key(1))
    #expect(isManifest(#"{"\#(name)":"\#(value)","Entries":[]}"#))
    #expect(!isManifest(#"{"\#(name)":"world","Entries":[]}"#))
    #expect(!isManifest(#"{"\#(name)":"\#(value)"}"#))
    #expect(!isManifest(#"{"Other":"\#(value)","Entries":[]}"#))
    #expect(!isManifest(#"{"Entries":[{"\#(name)":"\#(value)"}]}"#))
  }
}
