// The input is the manifest of a backup, or, unless it begins with a brace, its list of checksums.
//
// Oracle: a manifest says what a slow reader of JSON finds in it, and written and read again it is equal. A list of checksums has
// the lines that a slow reader of sha256sum's format finds, none of them leads out of the folder, and it, too, is equal when it is
// written and read again.

@testable import Native
@testable import OctopusKeys

enum ManifestFuzzer: Fuzzer {
  static func work(_ input: [UInt8]) {
    _ = BackupManifest(json: input)
    _ = Checksums(text: input)
  }

  /// With a long list.
  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    guard input.first == UInt8(ascii: "{") else {
      let digest = String(repeating: "0a", count: 32)
      let lines = (0..<size / 80).map { "\(digest)  store/name-\($0)\n" }.joined()
      return Array(lines.utf8) + input
    }
    guard let list = input.firstRange(of: Array("\"collections\"".utf8))?.upperBound,
      let start = input[list...].firstIndex(of: UInt8(ascii: "["))
    else { return repeated(input, to: size) }
    let one = Array(#"{"name":"T","documents":1,"opened":1},"#.utf8)
    return input[...start] + repeated(one, to: size) + input[(start + 1)...]
  }

  static func check(_ input: [UInt8]) throws {
    checkChecksums(input)
    guard let manifest = BackupManifest(json: input) else { return }
    let json = try manifest.json()
    require(BackupManifest(json: json) == manifest, "written and read again it is another one")
    guard let read = try JSONReference.read(input), !read.hasDuplicates else { return }
    func same(_ value: JSONReference?, _ text: String, _ what: String) {
      require(value?.string == text, "\(what) is \(text), and not \(value?.string ?? "nothing")")
    }
    same(read["format"], "octokey-backup", "format")
    require(read["version"]?.integer == 1, "another version")
    same(read["created"], manifest.created, "created")
    same(read["node"], manifest.node, "node")
    same(read["key"]?["fingerprint"], manifest.key.fingerprint, "fingerprint")
    require(read["key"]?["isSealed"]?.isTrue == manifest.key.isSealed, "isSealed")
    require(read["config"]?["path"]?.string == manifest.config?.path, "path")
    same(read["store"]?["location"], manifest.store.location, "location")
    require(read["store"]?["snapshot"]?.string == manifest.store.snapshot, "snapshot")
    require(
      read["certificate"]?["thumbprint"]?.string == manifest.certificate?.thumbprint, "certificate")
  }

  private static func checkChecksums(_ input: [UInt8]) {
    let found = Checksums(text: input)
    guard input.span.isUTF8 else { return }
    let expected = reference(input)
    guard let found else { return require(expected == nil, "a list is refused") }
    let digests = Dictionary(
      uniqueKeysWithValues: found.digests.map { (Array($0.key.text.utf8), $0.value) })
    require(
      digests == expected, "another list: \(digests), and not \(String(describing: expected))")
    require(Checksums(text: found.text) == found, "written and read again it is another one")
  }

  /// The digests by path; nil unless every line is one of sha256sum's, and leads to a file of the folder.
  private static func reference(_ input: [UInt8]) -> [[UInt8]: String]? {
    var digests: [[UInt8]: String] = [:]
    for line in input.split(separator: UInt8(ascii: "\n")) {
      let isEscaped = line.first == UInt8(ascii: "\\")
      let line = Array(isEscaped ? line.dropFirst() : line)
      guard line.count > 66, line[64] == 0x20, line[65] == 0x20 else { return nil }
      let digits = Array("0123456789abcdefABCDEF".utf8)
      guard line[..<64].allSatisfy(digits.contains) else { return nil }
      var name: [UInt8] = []
      var rest = line[66...]
      while let byte = rest.popFirst() {
        guard isEscaped, byte == UInt8(ascii: "\\") else {
          name.append(byte)
          continue
        }
        guard let letter = rest.popFirst() else { break }
        let meaning = [UInt8(ascii: "n"): UInt8(0x0A), UInt8(ascii: "r"): 0x0D][letter]
        name.append(meaning ?? letter)
      }
      let steps = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard !name.contains(0), steps.allSatisfy({ !["", ".", ".."].contains(text($0)) }),
        digests[name] == nil
      else { return nil }
      digests[name] = text(line[..<64]).lowercased()
    }
    return digests.isEmpty ? nil : digests
  }
}
