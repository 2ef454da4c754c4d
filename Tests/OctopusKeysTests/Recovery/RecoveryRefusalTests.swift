// What keeps a recovery from going on, each by its name; the journal stays in every case.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct RecoveryRefusalTests {
  private func fingerprint(_ first: UInt8) throws -> String {
    try KeyFingerprint(of: key(first)).description
  }

  private func missing(_ path: String) -> KeyError {
    .native(.system(call: "open", path: path, errno: ENOENT))
  }

  /// Looks at the store as `recover` does.
  private func look(_ node: TestNode) throws {
    _ = try node.recovery().look(.rewrite)
  }

  @Test func aStoreElsewhereMustHoldTheSameValues() throws {
    let same = try TestNode()
    try same.interrupt(store: "elsewhere")
    #expect(
      try same.recovery(kinship: .movedAlong).look(.rewrite).course == .rollBack,
      "it was moved with the config")
    let copy = try TestNode()
    try copy.interrupt(store: "elsewhere")
    let former = RotationError.recoveryOfFormerStore(
      journal: copy.journalPath, store: .init(kind: "memory", location: "elsewhere"),
      given: "memory")
    #expect(throws: former) { _ = try copy.recovery(kinship: .unknown).look(.rewrite) }
    let node = try TestNode()
    try node.interrupt(store: "elsewhere")
    node.store.replace(0, with: #"{"x":"\#(try value("other", key(1)))"}"#)
    let expected = RotationError.recoveryElsewhere(
      journal: node.journalPath, recorded: "elsewhere", found: "memory", values: 1, expected: 1)
    #expect(throws: expected) { _ = try node.recovery(kinship: .movedAlong).look(.rewrite) }
    #expect(FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func aRotationAtWorkIsBusy() throws {
    let node = try TestNode()
    let found = try node.found()
    let permit = try node.permit()
    try node.interrupt(found: found)
    #expect(throws: RotationError.config(.locked(.config(node.path)))) { _ = try node.recovery() }
    _ = consume permit
  }

  @Test func aKeyOfAnotherRotationIsRefused() throws {
    let node = try TestNode()
    try node.interrupt()
    let expected = RotationError.otherKey(source: "the new key", expected: try fingerprint(100))
    #expect(throws: expected) { _ = try node.recovery(newKey: key(2)) }
    #expect(FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func aKeyFileThatHoldsAnotherKeyNowIsAsGoodAsNone() throws {
    func node(_ values: [(text: String, key: UInt8)]) throws -> TestNode {
      let node = try TestNode(values)
      try node.interrupt()
      try FileManager.default.removeItem(atPath: node.keyFile)
      try KeyFile.create(node.keyFile, key: key(2), created: node.now).commit()
      return node
    }
    // To take the rotation back nobody needs it.
    let old = try node([("a", 1), ("b", 1)])
    let diagnosis = try old.recovery().look(.rewrite)
    #expect(diagnosis.course == .rollBack && diagnosis.isComplete == nil)
    let new = try node([("a", 100), ("b", 100)])
    let expected = RotationError.recoveryNeedsKey(
      .new, fingerprint: try fingerprint(100), expectedAt: try new.keyFile,
      trouble: .otherKey(source: try new.keyFile, expected: try fingerprint(100)))
    #expect(throws: expected) { try look(new) }
    #expect(FileManager.default.fileExists(atPath: new.journalPath))
  }

  @Test func fewerValuesAreNotAllOfThem() throws {
    let node = try TestNode([("a", 1), ("b", 1)])
    try node.interrupt()
    try FileManager.default.removeItem(atPath: node.keyFile)
    node.store.replace(0, with: "{}")
    let diagnosis = try node.recovery().look(.rewrite)
    #expect(diagnosis.course == .rollBack && diagnosis.isComplete == false)
  }

  @Test func withoutAnyKeyTheNewOneIsAskedFor() throws {
    let node = try TestNode()
    try node.interrupt()
    try FileManager.default.removeItem(atPath: node.keyFile)
    try node.loseMachineKeys()
    let expected = RotationError.recoveryNeedsKey(
      .new, fingerprint: try fingerprint(100), expectedAt: try node.keyFile,
      trouble: .key(try missing(node.keyFile)))
    #expect(throws: expected) { try look(node) }
    #expect(FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func valuesUnderTheOtherKeyNeedIt() throws {
    // The new key alone, and the values are old; the old key alone, and they are new.
    let old = try TestNode([("a", 1), ("b", 1)])
    try old.interrupt()
    try old.loseMachineKeys()
    let needsOld = RotationError.recoveryNeedsKey(
      .old, fingerprint: try fingerprint(1), expectedAt: nil, trouble: nil)
    #expect(throws: needsOld) { try look(old) }
    let new = try TestNode([("a", 100), ("b", 100)])
    try new.interrupt()
    try FileManager.default.removeItem(atPath: new.keyFile)
    let needsNew = RotationError.recoveryNeedsKey(
      .new, fingerprint: try fingerprint(100), expectedAt: try new.keyFile,
      trouble: .key(try missing(new.keyFile)))
    #expect(throws: needsNew) { try look(new) }
  }

  @Test func valuesUnderAThirdKeyAreUnclear() throws {
    let node = try TestNode([("a", 1), ("b", 2)])
    try node.interrupt()
    var findings = Findings()
    findings.add(
      Finding(
        collection: "VariableSet", document: "Documents-1", field: "JSON", offset: 6, path: "x",
        reason: .decryptsWithNoKey))
    let expected = RotationError.recoveryUnclear(
      journal: node.journalPath, findings: findings, location: "memory")
    #expect(throws: expected) { try look(node) }
    #expect(FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test(arguments: ["", "{}", "[]", "{\"version\":3}"])
  func whatIsNoJournalIsNotGuessedAt(_ text: String) throws {
    let node = try TestNode()
    try text.write(toFile: node.journalPath, atomically: false, encoding: .utf8)
    #expect(throws: RotationError.journalUnreadable(path: node.journalPath)) {
      _ = try Journal.read(in: node.file.stateFolder)
    }
  }

  @Test func aDecisionThatIsNotUnderstoodIsNotDropped() throws {
    let node = try TestNode()
    try node.interrupt()
    let text = try String(contentsOfFile: node.journalPath, encoding: .utf8)
    for decision in ["T.C=maybe", "nodot=plain", "T.C"] {
      let odd = text.replacing(
        /"binaryColumns" : \[\s*\]/, with: "\"binaryColumns\":[\"\(decision)\"]")
      #expect(odd != text)
      try odd.write(toFile: node.journalPath, atomically: false, encoding: .utf8)
      #expect(throws: RotationError.journalUnreadable(path: node.journalPath)) {
        _ = try Journal.read(in: node.file.stateFolder)
      }
    }
  }

  @Test(arguments: [
    (#""values" : 1"#, #""values" : -1"#), (#""values" : 1"#, #""values" : 0"#),
    (#""documents" : 1"#, #""documents" : -7"#), (#""ledger" : ""#, #""ledger" : "x"#),
    (#""newKey" : "SHA256:"#, #""newKey" : "SHA1:"#), (#""keyFile" : "/"#, #""keyFile" : ""#),
    (#""config" : "/"#, #""config" : "./"#),
  ])
  func whatNoRotationWritesIsNotBelieved(_ text: String, _ other: String) throws {
    let node = try TestNode()
    try node.interrupt()
    let journal = try String(contentsOfFile: node.journalPath, encoding: .utf8)
    let odd = journal.replacing(text, with: other)
    #expect(odd != journal)
    try odd.write(toFile: node.journalPath, atomically: false, encoding: .utf8)
    #expect(throws: RotationError.journalUnreadable(path: node.journalPath)) {
      _ = try Journal.read(in: node.file.stateFolder)
    }
  }

  @Test func aNewerJournalIsNotRead() throws {
    let node = try TestNode()
    try node.interrupt()
    let text = try String(contentsOfFile: node.journalPath, encoding: .utf8)
    let newer = text.replacing("\"version\" : 2", with: "\"version\" : 3")
    #expect(newer != text)
    try newer.write(toFile: node.journalPath, atomically: false, encoding: .utf8)
    #expect(throws: RotationError.journalUnreadable(path: node.journalPath)) {
      _ = try Journal.read(in: node.file.stateFolder)
    }
  }
}
