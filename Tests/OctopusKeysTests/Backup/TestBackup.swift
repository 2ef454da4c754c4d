// A backup for tests, as `backup create` makes it without a passphrase and without a snapshot.

import Foundation
import Native
import Outside

@testable import OctopusKeys

enum TestBackup {
  static let password = "Octopus.Proxy.ProxyPassword"
  static let here = "8d5a1f0c3b7e4926a0d4c8e2f6b13579"

  static func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8).span) }

  static func machine(_ id: String) throws -> MachineKeys {
    try MachineKeys(
      machineID: secret(id + "\n"), machineIDPath: "/id", machineKeyFile: nil,
      machineKeyPath: "/key")
  }

  /// Fills `folder` with the backup of a node that has two protected settings.
  ///
  /// - Parameter files: what is in it besides.
  static func make(
    in folder: ScratchFolder, certificate: String? = nil, files: [String: [UInt8]] = [:]
  ) throws -> BackupFolder {
    let keys = try machine(here)
    let protected = try keys.protect(secret("pw"), of: password, source: "test")
    let config = """
      <octopus-settings>
        <set key="Octopus.Storage.MasterKey">\(try keys.protect(key(1)))</set>
        <set key="\(password)">\(protected)</set>
        <set key="Octopus.Server.NodeName">node</set>
      </octopus-settings>
      """
    _ = folder.file(BackupFolder.config, Array(config.utf8))
    _ = folder.file(BackupFolder.machineID, Array(here.utf8))
    for (name, contents) in files { _ = folder.file(name, contents) }
    try KeyFile.create(folder.file(BackupFolder.masterKey), key: key(1), created: Date()).commit()
    let manifest = BackupManifest(
      created: "2026-01-02T03:04:05Z", node: "node", key: try .init(key(1), isSealed: false),
      config: .init(
        path: "/c", mode: 0o600, machineKeys: [.init(name: BackupFolder.machineID, path: "/id")]),
      store: .init(
        kind: "memory", location: "memory", snapshot: nil, mode: nil, journalMode: nil,
        statement: nil, audit: Survey()),
      certificate: certificate)
    _ = folder.file(BackupManifest.fileName, try manifest.json())
    _ = folder.file(Checksums.fileName, try Checksums(of: folder.path).text)
    return try BackupFolder.read(folder.path)
  }
}
