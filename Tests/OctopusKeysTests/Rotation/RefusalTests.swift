// What a rotation refuses, and how it ends where something goes wrong in the middle: each by its name,
// and with what is on the disk then.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct RefusalTests {
  private static let cut = StoreError.disconnected(
    location: "memory", collection: nil, reason: "cut")

  @Test func aConfigThatIsBeingEditedIsLocked() throws {
    let node = try TestNode()
    let lock = try LockedConfigFile.lock(node.path, patience: .zero)
    #expect(throws: RotationError.config(.locked(.config(node.path)))) { _ = try node.permit() }
    _ = consume lock
    _ = try node.permit()
  }

  @Test func anUnfinishedRotationComesFirst() throws {
    let node = try TestNode()
    try node.interrupt()
    let unfinished = ConfigError.unfinishedRotation(.config(node.path), journal: node.journalPath)
    #expect(throws: RotationError.config(unfinished)) { _ = try node.permit() }
  }

  @Test func theSameKeyIsRefused() throws {
    let node = try TestNode()
    #expect(throws: RotationError.sameKey(try KeyFingerprint(of: key(1)))) {
      _ = try Preflight(node.plan(1, 1)).admit()
    }
    #expect(node.folder.names == ["OctopusServer.config"])
  }

  @Test func aStoreWithoutTablesIsNoStore() throws {
    let old = try key(1)
    let new = try key(100)
    #expect(throws: RotationError.noDocuments(location: "memory")) {
      try rotate(MemoryStore([]), old, new)
    }
  }

  @Test func aStoreWithoutValuesProvesNothing() throws {
    let node = try TestNode([])
    #expect(throws: RotationError.noValues(location: "memory")) { _ = try node.rotate() }
    #expect(node.folder.names == ["OctopusServer.config"])
  }

  @Test func anotherStoresKeyOpensNothing() throws {
    let node = try TestNode([("a", 2), ("b", 2)])
    let misfit = KeyMisfit(decrypted: 0, failed: 2, certificateFails: false)
    let expected = RotationError.keyDoesNotFit(
      try KeyFingerprint(of: key(1)), location: "memory", misfit)
    #expect(throws: expected) { _ = try node.rotate() }
    #expect(node.folder.names == ["OctopusServer.config"])
  }

  @Test func aValueUnderAThirdKeyIsUnreadable() throws {
    let node = try TestNode([("a", 1), ("b", 2), ("c", 1), ("d", 1)])
    var findings = Findings()
    findings.add(
      Finding(
        collection: "VariableSet", document: "Documents-1", field: "JSON", offset: 6, path: "x",
        reason: .decryptsWithNoKey))
    #expect(throws: RotationError.unreadable(findings, location: "memory")) {
      _ = try node.rotate()
    }
    #expect(node.folder.names == ["OctopusServer.config"] && node.store.writes == 0)
  }

  /// Of the collections in which something changes, all of it: a store may write whole tables.
  @Test func roomIsAskedForWhatChanges() throws {
    let node = try TestNode([("a", 1), ("b", 1)])
    let field = StoreCollection.Field(name: "JSON", storage: .text)
    node.store.contents[0].documents.append(.init(id: "3", fields: [Array("{}".utf8)]))
    node.store.contents.append(
      (
        StoreCollection(name: "Other", fields: [field]),
        [.init(id: "1", fields: [Array(#"{"x":"nothing"}"#.utf8)])]
      ))
    let bytes = (0...2).map { node.store.text($0).utf8.count }.reduce(0, +)
    #expect(try Preflight(node.plan()).examine().obstacles.isEmpty)
    let room = try #require(node.store.room)
    #expect(room.bytes == bytes && room.documents == 2)
  }

  @Test func whatWasNotDecidedIsNotAllowed() {
    let options = RotationPlan.Options()
    #expect(!options.inPlace && !options.newKeyIsElsewhere)
    #expect(!options.stopsServer && !options.makesSnapshot)
    let store = options.store
    #expect(!store.skipUnreadable && !store.allowEmpty && !store.trustOldKey)
  }

  /// The folder of a container that is gone with it, and a store that is not.
  @Test(.enabled(if: access("/dev/shm", W_OK) == 0))
  func theNewKeyMustNotBeForgotten() throws {
    let node = try TestNode()
    let memory = ScratchFolder(in: "/dev/shm")
    let path = memory.file("OctopusServer.config", Outside.bytes(node.path))
    let config = try ConfigFile.read(path)
    func obstacles(_ storePath: String, _ options: RotationPlan.Options) throws -> [RotationError] {
      let plan = RotationPlan(
        target: .node(config, node.machineKeys), store: node.store, storePath: storePath,
        oldKey: try key(1), oldKeySource: .config, newKey: try key(100), options: options,
        requireQuiet: { () throws(RotationError) in }, now: node.now, cancellation: .never,
        progress: { _ in })
      return try Preflight(plan).examine().obstacles
    }
    var options = RotationPlan.Options()
    let forgetful = RotationError.forgetfulFolder(path: config.folder, fileSystem: "tmpfs")
    #expect(try obstacles(node.folder.path, options) == [forgetful])
    #expect(try obstacles(memory.path, options).isEmpty, "the store goes with it")
    options.newKeyIsElsewhere = true
    #expect(try obstacles(node.folder.path, options).isEmpty)
  }

  @Test func aStoreThatKeepsSomethingElseIsRolledBack() throws {
    let node = try TestNode()
    let before = node.store.text(0)
    // Another value than was written, under the right key.
    let other = #"{"x":"\#(try value("other", key(100)))"}"#
    node.store.tamper = { $0 = Array(other.utf8) }
    let error = #expect(throws: RotationError.self) { _ = try node.rotate() }
    guard case .ledgerMismatch(let written, let read, "memory")? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(written.values == 1 && read.values == 1 && written != read)
    node.store.rollback()
    #expect(node.store.text(0) == before && !node.store.committed)
    #expect(node.folder.names == ["OctopusServer.config"])
  }

  @Test func aCommitThatFailedChangesNothing() throws {
    let node = try TestNode()
    let before = node.store.text(0)
    node.store.beforeCommit = { [unowned node] () throws(StoreError) in
      node.store.beforeCommit = nil
      throw Self.cut
    }
    #expect(throws: RotationError.store(Self.cut)) { _ = try node.rotate() }
    #expect(node.store.text(0) == before)
    #expect(node.folder.names == ["OctopusServer.config"])
  }

  @Test func aCommitOfWhichNothingIsKnownIsForRecovery() throws {
    let node = try TestNode()
    node.store.afterCommit = { () throws(StoreError) in throw Self.cut }
    let expected = RotationError.interruptedCommit(
      .config(node.path), keyFile: try node.keyFile, reason: .store(Self.cut))
    #expect(throws: expected) { _ = try node.rotate() }
    let names = try [node.keyFile, node.journalPath].map { URL(filePath: $0).lastPathComponent }
    #expect(Set(node.folder.names) == Set(names + ["OctopusServer.config"]))
  }

  @Test func withoutTransactionsTheFirstWriteIsForRecovery() throws {
    let node = try TestNode(
      (0..<8).map { ("secret \($0)", 1) }, isTransactional: false)
    node.store.tamper = { [unowned node] _ in node.store.readablePages = 0 }
    let reason = StoreError.failed(
      location: "memory", collection: "VariableSet", reason: "no more pages")
    let expected = RotationError.interruptedCommit(
      .config(node.path), keyFile: try node.keyFile, reason: .store(reason))
    #expect(throws: expected) { _ = try node.rotate() }
    #expect(FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func aConfigThatChangedInBetweenIsForRecovery() throws {
    let node = try TestNode()
    node.store.afterCommit = { [unowned node] () throws(StoreError) in
      let bytes = Outside.bytes(node.path)
      try? FileManager.default.removeItem(atPath: node.path)
      _ = node.folder.file("OctopusServer.config", bytes)
    }
    let expected = RotationError.configNotSwitched(
      .config(node.path), keyFile: try node.keyFile, reason: .changedMeanwhile(path: node.path))
    #expect(throws: expected) { _ = try node.rotate() }
    #expect(node.store.committed && FileManager.default.fileExists(atPath: node.journalPath))
  }

  @Test func aJournalThatStaysIsToldApartFromAFailure() throws {
    let node = try TestNode()
    let rotation = try node.rotate()
    let path = node.journalPath
    try FileManager.default.removeItem(atPath: node.journalPath)
    try FileManager.default.createDirectory(
      atPath: node.journalPath, withIntermediateDirectories: false)
    let reason = NativeError.system(call: "unlink", path: node.journalPath, errno: EISDIR)
    do throws(RotationError) {
      try rotation.finish()
      Issue.record("\(path) is a folder")
    } catch {
      #expect(error == .journalStays(.config(node.path), reason: reason))
    }
  }
}
