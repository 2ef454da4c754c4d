// What becomes of the copy of an old key that came from a pipe. Only a file that this rotation made is removed, and
// no journal can name another one.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct CopyOfOldKeyTests {
  /// Recovers a rotation of which every value is new, and of which the journal names `recorded` as its copy
  /// of the old key.
  private func finish(
    _ node: TestNode, copyAt recorded: String, kinship: RecoveryPlace.Kinship = .same
  ) throws -> Recovery.Outcome {
    try node.interrupt(oldKeyFile: .init(path: recorded, isCopy: true))
    let recovery = try node.recovery(kinship: kinship)
    let diagnosis = try recovery.look(.rewrite)
    #expect(diagnosis.course == .finish && diagnosis.isComplete == true)
    let outcome = try recovery.run(diagnosis, now: node.now)
    #expect(!FileManager.default.fileExists(atPath: node.journalPath))
    return outcome
  }

  private func name(_ number: UInt8 = 1, end: String = "") throws -> String {
    "master-key-20261123T101500Z-\(try KeyFingerprint(of: key(number)).short)\(end).key"
  }

  private func makeKeyFile(_ path: String, _ number: UInt8 = 1) throws {
    try KeyFile.create(path, key: key(number), created: .now).commit()
  }

  private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  @Test(arguments: ["", "-2"])
  func itGoesWithTheJournal(_ end: String) throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let path = try node.folder.file(name(end: end))
    try makeKeyFile(path)
    #expect(try finish(node, copyAt: path).removedKey == path)
    #expect(!isThere(path))
  }

  @Test func aFolderThatIsGoneIsNoObstacle() throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let path = try node.folder.file(name())
    try makeKeyFile(path)
    #expect(try finish(node, copyAt: "/gone/" + name()).removedKey == path)
  }

  @Test func aFileInAnotherFolderStays() throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let elsewhere = ScratchFolder()
    let path = try elsewhere.file(name())
    try makeKeyFile(path)
    #expect(try finish(node, copyAt: path).removedKey == nil)
    #expect(isThere(path))
  }

  @Test(arguments: ["octopus.key", "master-key-x.key", "master-key-20261123T101500Z-AAAAAAAA.key"])
  func aFileOfAnotherNameStays(_ name: String) throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let path = node.folder.file(name)
    try makeKeyFile(path)
    #expect(try finish(node, copyAt: path).removedKey == nil)
    #expect(isThere(path))
  }

  @Test func aFileWithAnotherKeyStays() throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let path = try node.folder.file(name())
    try makeKeyFile(path, 3)
    #expect(try finish(node, copyAt: path).removedKey == nil)
    #expect(isThere(path))
  }

  @Test func itStaysWhereValuesMayBeUnderIt() throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let path = try node.folder.file(name())
    try makeKeyFile(path)
    #expect(try finish(node, copyAt: path, kinship: .unknown).removedKey == nil)
    #expect(isThere(path))
  }

  @Test func itStaysWhereAValueIsMissing() throws {
    let node = try TestNode([("a", 100), ("b", 100)])
    let path = try node.folder.file(name())
    try makeKeyFile(path)
    try node.interrupt(oldKeyFile: .init(path: path, isCopy: true))
    node.store.replace(0, with: "{}")
    let recovery = try node.recovery()
    let diagnosis = try recovery.look(.rewrite)
    #expect(diagnosis.course == .finish && diagnosis.isComplete == false)
    #expect(try recovery.run(diagnosis, now: node.now).removedKey == nil)
    #expect(isThere(path))
  }

  @Test func itStaysAfterARollBack() throws {
    let node = try TestNode([("a", 1), ("b", 1)])
    let path = try node.folder.file(name())
    try makeKeyFile(path)
    try node.interrupt(oldKeyFile: .init(path: path, isCopy: true))
    let recovery = try node.recovery()
    let diagnosis = try recovery.look(.rewrite)
    #expect(diagnosis.course == .rollBack && diagnosis.isComplete == true)
    #expect(try recovery.run(diagnosis, now: node.now).removedKey == nil)
    #expect(isThere(path))
  }
}
