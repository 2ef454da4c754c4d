// Where the attachments of a server are looked for, and what is counted.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct ServerAttachmentTests {
  private let folder = ScratchFolder()

  private func look(_ settings: [String: String]) throws -> ServerAttachments? {
    let body = settings.map { "<set key=\"\($0)\">\($1)</set>" }.joined()
    let path = folder.file(
      "OctopusServer.config", Array("<octopus-settings>\(body)</octopus-settings>".utf8))
    let config = try ConfigFile.read(path)
    return try config.attachments(config.settings(), .never)
  }

  @Test func withoutAKeyFilesAreCountedOnly() throws {
    #expect(try look([:]) == nil)
    let attachments = folder.file("Artifacts/KubernetesResourceManifests")
    try FileManager.default.createDirectory(
      atPath: attachments + "/Spaces-1", withIntermediateDirectories: true)
    #expect(try look([:]) == nil)
    for name in ["1", "Spaces-1/2"] {
      #expect(FileManager.default.createFile(atPath: attachments + "/" + name, contents: Data()))
    }
    symlink("1", attachments + "/link")
    let found = try #require(try look([:]))
    #expect(found.folder == attachments)
    guard case .counted(let counts) = found.outcome else {
      Issue.record("\(found.outcome)")
      return
    }
    #expect(counts.files == 2 && counts.notFollowed == 1)
    #expect(counts.examined == 0 && counts.decrypted == 0 && counts.unreadable == 0)
    #expect(counts.trouble == nil)
  }

  /// Judged by the last two blocks; what is not a whole number of blocks is not a ciphertext.
  @Test func whatTheOldKeyDecryptsIsCounted() throws {
    let node = try TestNode()
    let attachments = node.folder.file("Artifacts/KubernetesResourceManifests")
    try FileManager.default.createDirectory(
      atPath: attachments, withIntermediateDirectories: true)
    let own = try seal(Array("kind: Service, and more than a block".utf8), key(1))
    let files = [
      own, try seal([], key(1)), try seal(Array("x".utf8), key(2)), own + [0],
      Array(own.suffix(16)), [],
    ]
    for (number, bytes) in files.enumerated() {
      let path = "\(attachments)/\(number)"
      #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
    }
    let plan = try node.plan()
    let found = try plan.attachments(node.file.settings())
    guard case .counted(let counts)? = found?.outcome else {
      Issue.record("\(String(describing: found))")
      return
    }
    #expect(counts.files == 6 && counts.examined == 6 && counts.decrypted == 2)
  }

  @Test(arguments: ["C:\\Octopus", "D:/Octopus", "e:", "\\\\server\\share"])
  func aPathOfWindowsMeansNothingHere(_ path: String) throws {
    let artifacts = try look([SettingName.artifactsDirectory: path])
    #expect(artifacts == .init(folder: path, outcome: .ofWindows))
    let home = try look([SettingName.home: path])
    #expect(home == .init(folder: path + "\\Artifacts", outcome: .ofWindows))
  }

  @Test(arguments: ["/C:/Octopus", "C:Octopus", "CD:/Octopus", "1:/Octopus"])
  func otherPathsAreThoseOfThisMachine(_ path: String) throws {
    let absolute = path.hasPrefix("/") ? path : folder.path + "/" + path
    let found = try look([SettingName.artifactsDirectory: path])
    #expect(found == .init(folder: absolute, outcome: .notFound))
  }
}
