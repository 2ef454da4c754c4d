// When a rotation makes a database snapshot, when it drops it, and when it leaves it to a person.

import Foundation
import Testing

@testable import OctopusKeys

@Suite struct RotationSnapshotTests {
  /// What was done to a snapshot, and what the folder held when it was made.
  private final class Trace {
    var makings = 0
    var removals = 0
    var folder: [String] = []
    var removal: StoreError?
    var making: StoreError?
    /// What the snapshot holds; nil before it was made.
    var copy: MemoryStore?
  }

  private static let cut = StoreError.disconnected(
    location: "memory", collection: nil, reason: "cut")
  private static let notice = DatabaseSnapshot.Notice(
    name: "s", revertedBy: ["RESTORE"], droppedBy: "DROP")

  private let node: TestNode
  private let trace = Trace()

  init() throws {
    node = try TestNode([("one", 1), ("two", 1), ("three", 1)])
    let (trace, folder, store) = (trace, node.folder, node.store)
    store.snapshot = DatabaseSnapshot(
      RotationSnapshotTests.notice,
      // The store keeps this closure, and a cycle would be a leak.
      make: { [unowned store] () throws(StoreError) in
        trace.makings += 1
        trace.folder = folder.names
        trace.copy = MemoryStore(store.contents)
        if let error = trace.making { throw error }
      },
      remove: { () throws(StoreError) in
        trace.removals += 1
        if let error = trace.removal { throw error }
      }, reader: { trace.copy ?? MemoryStore([]) })
  }

  private func permit() throws -> Preflight.Permit {
    var options = RotationPlan.Options()
    options.makesSnapshot = true
    return try Preflight(node.plan(options: options)).admit()
  }

  @Test func itIsMadeBeforeAnyFileAndStaysAfterwards() throws {
    #expect(trace.makings == 0)
    let permit = try permit()
    #expect(trace.makings == 0, "to be admitted makes nothing")
    let rotation = try Rotation.run(permit)
    #expect(trace.makings == 1 && trace.removals == 0)
    #expect(trace.folder.allSatisfy { !$0.hasPrefix("master-key") && !$0.contains("journal") })
    #expect(rotation.snapshot?.notice == RotationSnapshotTests.notice)
    #expect(rotation.snapshot?.trouble == nil)
    let journal = try #require(try Journal.read(in: node.file.stateFolder))
    #expect(journal.snapshot == RotationSnapshotTests.notice)
    try rotation.finish()
  }

  @Test func nobodyMakesOneUnasked() throws {
    let rotation = try node.rotate()
    #expect(rotation.snapshot == nil && trace.makings == 0)
    #expect(try Journal.read(in: node.file.stateFolder)?.snapshot == nil)
  }

  @Test func whatCannotBeIsRefusedWithTheRest() throws {
    node.store.snapshot = nil
    let refusal = RotationError.store(.noSnapshot(location: "memory", .engine("memory")))
    #expect(throws: refusal) { _ = try permit() }
    var options = RotationPlan.Options()
    options.makesSnapshot = true
    let examination = try Preflight(node.plan(options: options)).examine()
    #expect(examination.obstacles == [refusal])
    #expect(examination.survey != nil, "and the rest is looked at")
  }

  @Test func whatIsNotMadeIsNotDropped() throws {
    trace.making = .full(location: "memory")
    #expect(throws: RotationError.store(.full(location: "memory"))) {
      _ = try Rotation.run(permit())
    }
    #expect(trace.removals == 0)
    #expect(node.folder.names == ["OctopusServer.config"])
    trace.making = RotationSnapshotTests.cut
    #expect(throws: RotationError.store(RotationSnapshotTests.cut), "perhaps it was made") {
      _ = try Rotation.run(permit())
    }
    #expect(trace.removals == 1)
  }

  @Test(arguments: [nil, StoreError.lacksRights(location: "memory", collection: nil)])
  func aFailureThatChangesNothingDropsIt(_ trouble: StoreError?) throws {
    trace.removal = trouble
    node.store.beforeCommit = { [node] () throws(StoreError) in
      node.store.beforeCommit = nil
      throw RotationSnapshotTests.cut
    }
    let reason = RotationError.store(RotationSnapshotTests.cut)
    let expected =
      trouble.map {
        RotationError.snapshotStays(RotationSnapshotTests.notice, reason: reason, trouble: $0)
      } ?? reason
    #expect(throws: expected) { _ = try Rotation.run(permit()) }
    #expect(trace.removals == 1)
    #expect(node.folder.names == ["OctopusServer.config"])
  }

  @Test func whereRecoverGoesOnItStays() throws {
    node.store.afterCommit = { () throws(StoreError) in throw RotationSnapshotTests.cut }
    let expected = RotationError.interruptedCommit(
      .config(node.path), keyFile: try node.keyFile, reason: .store(RotationSnapshotTests.cut))
    #expect(throws: expected) { _ = try Rotation.run(permit()) }
    #expect(trace.removals == 0)
  }

  @Test func whatDiffersIsNoProof() throws {
    node.store.afterCommit = { [trace] () throws(StoreError) in
      trace.copy?.contents[0].documents.removeLast()
    }
    let reason = RotationError.snapshotDiffers(
      name: "s", location: "memory", values: 2, expected: 3)
    let expected = RotationError.interruptedCommit(
      .config(node.path), keyFile: try node.keyFile, reason: reason)
    #expect(throws: expected) { _ = try Rotation.run(permit()) }
    #expect(trace.removals == 0 && FileManager.default.fileExists(atPath: node.journalPath))
  }

  /// A document without a value is one as well, and values that somebody rotated already are not those from before.
  @Test(arguments: ["{}", nil])
  func theSameNumberOfValuesIsNotEnough(_ added: String?) throws {
    let node = node
    node.store.afterCommit = { [trace] () throws(StoreError) in
      if let added {
        trace.copy?.contents[0].documents.append(.init(id: "x", fields: [Array(added.utf8)]))
      } else {
        trace.copy?.contents = node.store.contents
      }
    }
    let error = #expect(throws: RotationError.self) { _ = try Rotation.run(permit()) }
    guard case .interruptedCommit(_, _, .snapshotDiffers)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func whatCannotBeReadIsNoFailure() throws {
    node.store.afterCommit = { [trace] () throws(StoreError) in trace.copy?.readablePages = 0 }
    let rotation = try Rotation.run(permit())
    #expect(rotation.snapshot?.trouble != nil)
    #expect(trace.removals == 0)
    try rotation.finish()
  }
}
