// The folder of a backup: what is missing in it, and what killed runs left beside it.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct BackupFolderTests {
  private let folder = ScratchFolder()

  private func faults(_ backup: BackupFolder) throws -> [BackupFault] {
    try BackupVerification(
      backup, nil, store: MemoryStore(json: []), cancellation: .never, progress: { _ in }
    ).faults
  }

  /// The list of files may have been made after the certificate was lost.
  @Test func aCertificateThatIsMissingIsNamedOnce() throws {
    let name = BackupFolder.certificate
    let unlisted = try TestBackup.make(in: folder, certificate: "AA")
    #expect(try faults(unlisted).count { $0 == .missing(name) } == 1)
    let other = ScratchFolder()
    let listed = try TestBackup.make(in: other, certificate: "AA", files: [name: [1]])
    try FileManager.default.removeItem(atPath: other.file(name))
    #expect(try faults(listed).count { $0 == .missing(name) } == 1)
  }

  @Test func aFileThatIsNotListedIsNamed() throws {
    let backup = try TestBackup.make(in: folder)
    func unlisted() throws -> [BackupFault] {
      try faults(backup).filter { if case .unlisted = $0 { true } else { false } }
    }
    #expect(try unlisted() == [])
    _ = folder.file("photograph", [1])
    #expect(try unlisted() == [.unlisted("photograph")])
  }

  @Test func onlyDraftsOfBackupsAreRemoved() throws {
    let drafts = [
      ".a.draft-1f": [BackupFolder.masterKey], ".b.draft-1f": ["OctopusServer.config.sealed"],
      ".c.draft-1f": [], ".d.draft-1f": ["photograph"],
      ".e.draft-1f": [BackupFolder.masterKey, "photograph"], "f": [BackupFolder.masterKey],
    ]
    for (draft, names) in drafts {
      let path = folder.file(draft)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      for name in names { _ = folder.file(draft + "/" + name, [1]) }
    }
    BackupFolder.removeAbandonedDrafts(in: folder.path)
    #expect(folder.names == [".c.draft-1f", ".d.draft-1f", ".e.draft-1f", "f"])
  }
}
