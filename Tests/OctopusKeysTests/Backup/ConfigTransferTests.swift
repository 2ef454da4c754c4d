// A node config that goes to another machine: its secrets are protected again, and nothing else changes.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct ConfigTransferTests {
  private static let password = "Octopus.Proxy.ProxyPassword"
  private static let here = "8d5a1f0c3b7e4926a0d4c8e2f6b13579"
  private static let there = "1c0e7f3a9d5b4826b4f0a8c6e2d71935"

  private func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8).span) }

  private func machine(_ id: String) throws -> MachineKeys {
    try MachineKeys(
      machineID: secret(id + "\n"), machineIDPath: "/id", machineKeyFile: nil,
      machineKeyPath: "/key")
  }

  /// A backup without a passphrase, of a node with two protected settings.
  private func backup(in folder: ScratchFolder) throws -> BackupContents {
    let keys = try machine(Self.here)
    let password = try keys.protect(secret("pw"), of: Self.password, source: "test")
    let config = """
      <octopus-settings>
        <set key="Octopus.Storage.MasterKey">\(try keys.protect(key(1)))</set>
        <set key="\(Self.password)">\(password)</set>
        <set key="Octopus.Server.NodeName">node</set>
      </octopus-settings>
      """
    _ = folder.file(BackupFolder.config, Array(config.utf8))
    _ = folder.file(BackupFolder.machineID, Array(Self.here.utf8))
    try KeyFile.create(folder.file(BackupFolder.masterKey), key: key(1), created: Date()).commit()
    let manifest = BackupManifest(
      created: "2026-01-02T03:04:05Z", node: "node", key: try .init(key(1), isSealed: false),
      config: .init(
        path: "/c", mode: 0o600, machineKeys: [.init(name: BackupFolder.machineID, path: "/id")]),
      store: .init(
        kind: "memory", location: "memory", snapshot: nil, mode: nil, journalMode: nil,
        statement: nil, audit: Survey()),
      certificate: nil)
    _ = folder.file(BackupManifest.fileName, try manifest.json())
    _ = folder.file(Checksums.fileName, try Checksums(of: folder.path).text)
    return try BackupContents(BackupFolder.read(folder.path), nil)
  }

  private func masked(_ config: [UInt8]) -> String {
    Outside.text(config).replacing(/>[A-Za-z0-9+\/]+=*</, with: "><")
  }

  @Test func theServerThereReadsEverySecret() throws {
    let folder = ScratchFolder()
    let backup = try backup(in: folder)
    let keys = try machine(Self.there)
    let transfer = try ConfigTransfer(backup, to: keys, connection: nil)
    #expect(transfer.reprotected == [SettingName.masterKey, Self.password])
    #expect(transfer.unreadable.isEmpty)
    #expect(transfer.bytes != backup.config && masked(transfer.bytes) == masked(backup.config))
    let config = try NodeConfig(contents: transfer.bytes, path: "/c")
    let found = try keys.masterKey(of: config)
    let isSame = try found.key.equals(key(1))
    #expect(isSame && found.isReadByServer)
    let value = try #require(config.value(of: Self.password))
    let isRead = try keys.isRead(secret("pw"), from: value, of: Self.password)
    #expect(isRead)
  }

  @Test func onTheSameMachineNothingChangesButTheConnection() throws {
    let folder = ScratchFolder()
    let backup = try backup(in: folder)
    let keys = try machine(Self.here)
    let same = try ConfigTransfer(backup, to: keys, connection: nil)
    #expect(same.bytes == backup.config && same.reprotected.isEmpty)
    let moved = try ConfigTransfer(backup, to: keys, connection: "sqlite:/new.db")
    let config = try NodeConfig(contents: moved.bytes, path: "/c")
    #expect(config.value(of: SettingName.connectionString) == "sqlite:/new.db")
  }
}
