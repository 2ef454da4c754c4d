// The input is the journal of an interrupted rotation.
//
// Oracle: what is read says what a slow reader of JSON finds in it, and is sound: recovery decides by it which key is destroyed.
// Written and read again it is equal. What is not read is refused with the one error that there is for it.

import FoundationEssentials

@testable import Native
@testable import OctopusKeys

enum JournalFuzzer: Fuzzer {
  private static let folder = StateFolder(path: Scratch.folder, owner: .current)

  private static func read(_ input: [UInt8]) throws(RotationError) -> Journal? {
    _ = Scratch.write(Journal.fileName, input)
    return try Journal.read(in: folder)
  }

  static func work(_ input: [UInt8]) { _ = try? read(input) }

  /// With a long list.
  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    guard let list = input.firstRange(of: Array("\"leftAmbiguous\"".utf8))?.upperBound,
      let start = input[list...].firstIndex(of: UInt8(ascii: "["))
    else { return repeated(input, to: size) }
    return input[...start] + repeated(Array("\"A\",".utf8), to: size) + input[(start + 1)...]
  }

  static func check(_ input: [UInt8]) throws {
    let found: Journal?
    do throws(RotationError) {
      found = try read(input)
    } catch {
      guard case .journalUnreadable = error else { throw error }
      return
    }
    guard let journal = found else {
      return require(false, "there is a journal, and it is not read")
    }
    require(
      KeyFingerprint(journal.oldKey) != nil && KeyFingerprint(journal.newKey) != nil
        && journal.oldKey != journal.newKey && journal.role(of: journal.oldKey) == .old
        && journal.role(of: journal.newKey) == .new,
      "it does not tell the keys apart")
    require(
      ([journal.keyFile] + [journal.config, journal.oldKeyFile?.path].compactMap { $0 })
        .allSatisfy { $0.utf8.first == UInt8(ascii: "/") }, "a path that is not absolute")
    require(journal.found.values >= 0 && journal.found.documents >= 0, "fewer than none")
    require(
      Set(journal.options.forRotation.decisions.binaryFields.map(\.key)).count
        <= journal.options.binaryColumns.count, "more decisions than columns")
    checkAgainstReference(journal, input)
    let encoded = Array(try JSONEncoder().encode(journal))
    require(try read(encoded) == journal, "written and read again it is another one")
  }

  private static func checkAgainstReference(_ journal: Journal, _ input: [UInt8]) {
    guard let read = try? JSONReference.read(input), !read.hasDuplicates else { return }
    func same(_ value: JSONReference?, _ text: String, _ what: String) {
      require(value?.string == text, "\(what) is \(text), and not \(value?.string ?? "nothing")")
    }
    require(read["version"]?.integer == 2, "another version")
    same(read["created"], journal.created, "created")
    same(read["oldKey"], journal.oldKey, "oldKey")
    same(read["newKey"], journal.newKey, "newKey")
    same(read["keyFile"], journal.keyFile, "keyFile")
    require(read["config"]?.string == journal.config, "config is another one")
    same(read["store"]?["kind"], journal.store.kind, "kind")
    same(read["store"]?["location"], journal.store.location, "location")
    same(read["found"]?["ledger"], journal.found.ledger, "ledger")
    if let values = read["found"]?["values"]?.integer {
      require(values == journal.found.values, "values")
    }
    require(
      read["options"]?["skipUnreadable"]?.isTrue == journal.options.skipUnreadable, "an option")
    require(read["options"]?["allowEmpty"]?.isTrue == journal.options.allowEmpty, "an option")
  }
}
