// The lock of a node config: whoever comes second is told so, whether the first is still at work or
// through.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct ConfigLockTests {
  private static let text = "<octopus-settings><set key=\"A\">1</set></octopus-settings>"

  private func config(in folder: ScratchFolder) throws -> String {
    let path = folder.file("OctopusServer.config")
    try Self.text.write(toFile: path, atomically: false, encoding: .utf8)
    return path
  }

  @Test func whatWasReadBeforeAnEditIsNotEditedAfterIt() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let first = try NodeConfigFile.read(path)
    let second = try NodeConfigFile.read(path)
    let lock = try first.lock()
    #expect(throws: KeysError.configLocked(path: path)) { _ = try second.lock() }
    _ = consume lock
    // Even where it looks as it did: a rotation back and forth.
    try Self.text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: KeysError.native(.changedMeanwhile(path: path))) { _ = try second.lock() }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: KeysError.native(.changedMeanwhile(path: path))) { _ = try second.lock() }
  }

  @Test func aRotationAtWorkIsNoUnfinishedOne() throws {
    let folder = ScratchFolder()
    let path = try config(in: folder)
    let file = try NodeConfigFile.read(path)
    let lock = try file.lock()
    try "{}".write(toFile: file.journalPath, atomically: false, encoding: .utf8)
    #expect(throws: KeysError.configLocked(path: path)) { try file.requireNoUnfinishedRotation() }
    _ = consume lock
    let unfinished = KeysError.unfinishedRotation(config: path, journal: file.journalPath)
    #expect(throws: unfinished) { try file.requireNoUnfinishedRotation() }
    #expect(throws: unfinished) { _ = try file.lock() }
  }
}
