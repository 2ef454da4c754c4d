// What a recovery concludes from what it finds, and what it does not conclude from what it does not find.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct RecoveryEvidenceTests {
  private func finish(_ node: TestNode) throws -> (Recovery.Diagnosis, Recovery.Outcome) {
    let recovery = try node.recovery()
    let diagnosis = try recovery.look(.rewrite)
    return (diagnosis, try recovery.run(diagnosis, now: node.now))
  }

  @Test func anEmptyStoreShowsNothing() throws {
    let node = try TestNode([("a", 1), ("b", 1)])
    try node.interrupt()
    node.store.replace(0, with: "{}")
    node.store.replace(1, with: "{}")
    let expected = RotationError.recoveryFoundNothing(
      journal: node.journalPath, location: "memory", expected: 2)
    #expect(throws: expected) { _ = try node.recovery().look(.rewrite) }
    node.store.contents = []
    #expect(throws: expected) { _ = try node.recovery().look(.rewrite) }
    #expect(FileManager.default.fileExists(atPath: node.journalPath))
  }

  /// As a rotation leaves it that was told to go on without a value.
  @Test func aStoreThatWasEmptyBeforeIsNoObstacle() throws {
    let node = try TestNode([])
    var options = RotationPlan.Options()
    options.store.allowEmpty = true
    node.store.beforeCommit = { [unowned node] () throws(StoreError) in
      node.store.readablePages = 0
      throw .busy(location: "memory")
    }
    #expect(throws: RotationError.self) {
      _ = try Rotation.run(Preflight(node.plan(options: options)).admit())
    }
    node.store.beforeCommit = nil
    node.store.readablePages = .max
    let journal = try #require(try Journal.read(in: node.file.stateFolder))
    #expect(journal.found.documents == 0 && journal.found.values == 0)
    let (diagnosis, outcome) = try finish(node)
    #expect(diagnosis.course == .rollBack && outcome.isComplete == true)
  }

  @Test func aValueThatIsMissingIsCounted() throws {
    let node = try TestNode([("a", 1), ("b", 1)])
    try node.interrupt()
    node.store.replace(0, with: #"{"x":"\#(try value("a", key(100)))"}"#)
    node.store.replace(1, with: "{}")
    let (diagnosis, outcome) = try finish(node)
    #expect(diagnosis.course == .finish && diagnosis.values == 1 && outcome.isComplete == false)
    #expect(!FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func anotherPlaintextIsNotTheSame() throws {
    let node = try TestNode([("a", 1)])
    try node.interrupt()
    node.store.replace(0, with: #"{"x":"\#(try value("b", key(100)))"}"#)
    #expect(try finish(node).1.isComplete == false)
  }

  @Test func aMixtureIsFinishedAndProved() throws {
    let node = try TestNode((0..<20).map { ("v\($0)", 1) }, isTransactional: false)
    try node.interrupt()
    for index in 0..<7 {
      node.store.replace(index, with: #"{"x":"\#(try value("v\(index)", key(100)))"}"#)
    }
    let (diagnosis, outcome) = try finish(node)
    #expect(diagnosis.course == .resume && diagnosis.oldValues == 13 && diagnosis.newValues == 7)
    #expect(outcome.isComplete == true && outcome.configBackup != nil)
  }

  /// "v0" under `key(1)`, and by chance text under `key(100)` as well: one of seven million ciphertexts that
  /// a search with libcrypto alone went through.
  private static let both = "7mlUK6uJPCJnB7bKPOkVhw==|KQPACqKNPX6y1HOpYrIRoQ=="

  @Test func whatDecryptsUnderBothKeysIsOldUnlessTheJournalListsIt() throws {
    let node = try TestNode((0..<6).map { ("v\($0)", 1) }, isTransactional: false)
    let both = Self.both
    node.store.replace(0, with: #"{"x":"\#(both)"}"#)
    try node.interrupt()
    // The rotation had written two documents when it was killed.
    for index in 1..<3 {
      node.store.replace(index, with: #"{"x":"\#(try value("v\(index)", key(100)))"}"#)
    }
    let (diagnosis, outcome) = try finish(node)
    #expect(diagnosis.course == .resume && diagnosis.oldValues == 4 && outcome.isComplete == true)
    #expect(!node.store.text(0).contains(both), "it was an old one, and is under the new key now")
  }

  @Test func whatWasNewBeforeTheRotationStaysNew() throws {
    let node = try TestNode([("v1", 1), ("v2", 100)], isTransactional: false)
    node.store.contents[0].documents.append(
      .init(id: "both", fields: [Array(#"{"x":"\#(Self.both)"}"#.utf8)]))
    // Nothing shows which key is meant: only skipping goes on, and writes the value's digest down.
    #expect(throws: RotationError.self) { _ = try node.permit() }
    var options = RotationPlan.Options()
    options.store.skipUnreadable = true
    node.store.tamper = { [unowned node] _ in node.store.readablePages = 0 }
    #expect(throws: RotationError.self) {
      _ = try Rotation.run(Preflight(node.plan(options: options)).admit())
    }
    node.store.tamper = nil
    node.store.readablePages = .max
    let journal = try #require(try Journal.read(in: node.file.stateFolder))
    #expect(journal.found.leftAmbiguous.count == 1 && journal.found.values == 3)
    #expect(!Outside.bytes(node.journalPath).contains(Array(Self.both.utf8)))
    let (diagnosis, outcome) = try finish(node)
    #expect(diagnosis.course == .finish && outcome.isComplete == true)
    #expect(node.store.text(2).contains(Self.both), "it is left as it is")
  }

  @Test func theOldKeyFromAPipeIsKeptUntilItIsDone() throws {
    let node = try TestNode((0..<9).map { ("v\($0)", 2) }, isTransactional: false)
    node.store.tamper = { [unowned node] _ in node.store.readablePages = 0 }
    let plan = try node.plan(2, 100, from: .stream)
    #expect(throws: RotationError.self) { _ = try Rotation.run(Preflight(plan).admit()) }
    node.store.tamper = nil
    node.store.readablePages = .max
    let journal = try #require(try Journal.read(in: node.file.stateFolder))
    let copy = try #require(journal.oldKeyFile)
    #expect(copy.isCopy && FileManager.default.fileExists(atPath: copy.path))
    let (diagnosis, outcome) = try finish(node)
    #expect(diagnosis.course == .resume && outcome.isComplete == true)
    #expect(!FileManager.default.fileExists(atPath: copy.path))
    #expect(!FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func aRollBackLeavesAConfigWithAThirdKeyAsItIs() throws {
    let node = try TestNode([("a", 2)])
    let plan = try node.plan(2, 100, from: .stream)
    let before = Outside.bytes(node.path)
    node.store.afterCommit = { () throws(StoreError) in throw .busy(location: "memory") }
    node.store.beforeCommit = { [unowned node] () throws(StoreError) in
      node.store.rollback()
      node.store.readablePages = 0
      throw .busy(location: "memory")
    }
    #expect(throws: RotationError.self) { _ = try Rotation.run(Preflight(plan).admit()) }
    node.store.readablePages = .max
    let (diagnosis, _) = try finish(node)
    #expect(diagnosis.course == .rollBack)
    #expect(try diagnosis.configKey == KeyFingerprint(of: key(1)).description, "neither of them")
    #expect(Outside.bytes(node.path) == before)
    #expect(node.folder.names.contains { $0.hasSuffix(".key") }, "values are still under it")
  }

  @Test func theFolderOfTheNodeMayHaveMoved() throws {
    let node = try TestNode([("a", 1)])
    try node.interrupt()
    node.store.replace(0, with: #"{"x":"\#(try value("a", key(100)))"}"#)
    let moved = ScratchFolder()
    for name in node.folder.names {
      try FileManager.default.moveItem(
        atPath: node.folder.file(name), toPath: moved.file(name))
    }
    let config = try ConfigFile.read(moved.file("OctopusServer.config"))
    let journal = try #require(try Journal.read(in: config.stateFolder))
    let recovery = try Recovery(
      target: .node(config, node.machineKeys), journal: journal, store: node.store,
      oldKey: nil, newKey: nil, place: RecoveryPlace(.same), cancellation: .never,
      progress: { _ in })
    let diagnosis = try recovery.look(.rewrite)
    #expect(diagnosis.course == .finish && diagnosis.isComplete == true)
    #expect(try recovery.run(diagnosis, now: node.now).configBackup != nil)
  }
}
