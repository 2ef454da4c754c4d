// A node config that goes to another machine: its secrets are protected again, and nothing else changes.

import Outside
import Testing

@testable import OctopusKeys

@Suite struct ConfigTransferTests {
  private static let there = "1c0e7f3a9d5b4826b4f0a8c6e2d71935"

  private func backup(in folder: ScratchFolder) throws -> BackupContents {
    try BackupContents(TestBackup.make(in: folder), nil)
  }

  private func masked(_ config: [UInt8]) -> String {
    Outside.text(config).replacing(/>[A-Za-z0-9+\/]+=*</, with: "><")
  }

  @Test func theServerThereReadsEverySecret() throws {
    let folder = ScratchFolder()
    let backup = try backup(in: folder)
    let keys = try TestBackup.machine(Self.there)
    let transfer = try ConfigTransfer(
      try #require(backup.config), of: backup, to: keys, connection: nil)
    #expect(transfer.reprotected == [SettingName.masterKey, TestBackup.password])
    #expect(transfer.unreadable.isEmpty)
    #expect(
      transfer.bytes != backup.config && masked(transfer.bytes) == masked(backup.config ?? []))
    let config = try NodeConfig(contents: transfer.bytes, path: "/c")
    let found = try keys.masterKey(of: config)
    let isSame = try found.key.equals(key(1))
    #expect(isSame && found.isReadByServer)
    let value = try #require(config.value(of: TestBackup.password))
    let isRead = try keys.isRead(TestBackup.secret("pw"), from: value, of: TestBackup.password)
    #expect(isRead)
  }

  @Test func onTheSameMachineNothingChangesButTheConnection() throws {
    let folder = ScratchFolder()
    let backup = try backup(in: folder)
    let keys = try TestBackup.machine(TestBackup.here)
    let same = try ConfigTransfer(
      try #require(backup.config), of: backup, to: keys, connection: nil)
    #expect(same.bytes == backup.config && same.reprotected.isEmpty)
    let moved = try ConfigTransfer(
      try #require(backup.config), of: backup, to: keys, connection: "sqlite:/new.db")
    let config = try NodeConfig(contents: moved.bytes, path: "/c")
    #expect(config.value(of: SettingName.connectionString) == "sqlite:/new.db")
  }
}
