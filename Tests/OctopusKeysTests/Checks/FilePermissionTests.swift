// Who else may put another file in the place of a config or of a machine key.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct FilePermissionTests {
  private let node = ScratchFolder()
  private let machine = ScratchFolder()

  private func faults(folder mode: mode_t, machine machineMode: mode_t) throws -> [ConfigFault] {
    let path = node.file("OctopusServer.config", Array("<octopus-settings/>".utf8))
    let id = machine.file("machine-id", Array("x".utf8), mode: 0o644)
    chmod(node.path, mode)
    chmod(machine.path, machineMode)
    return try FilePermissions(
      config: ConfigFile.read(path), machineIDPath: id, machineKeyPath: machine.file("machinekey")
    ).faults()
  }

  /// In a sticky folder others cannot replace a machine key; but they can put a journal beside a config.
  @Test func aStickyFolderIsEnoughForAMachineKey() throws {
    #expect(try faults(folder: 0o700, machine: 0o1777) == [])
    #expect(
      try faults(folder: 0o700, machine: 0o777) == [.init(.openFolder(mode: 0o777), machine.path)])
    #expect(
      try faults(folder: 0o1777, machine: 0o755) == [.init(.openFolder(mode: 0o1777), node.path)])
  }

  /// The group is ours, and what it may create is ours too.
  @Test func ourGroupMayCreateFilesInAStickyFolder() throws {
    #expect(try faults(folder: 0o1770, machine: 0o755) == [])
    #expect(
      try faults(folder: 0o770, machine: 0o755) == [.init(.openFolder(mode: 0o770), node.path)])
  }

  @Test func aConfigThatEverybodyMayReadIsNamedWithItsMode() throws {
    let path = node.file("OctopusServer.config", Array("<octopus-settings/>".utf8), mode: 0o644)
    let permissions = FilePermissions(
      config: try ConfigFile.read(path), machineIDPath: machine.file("machine-id"),
      machineKeyPath: machine.file("machinekey"))
    #expect(try permissions.faults() == [.init(.open(mode: 0o644), path)])
    chmod(path, 0o640)
    #expect(try permissions.faults() == [])
  }

  /// Root may put another file into any folder anyway.
  @Test(.enabled(if: geteuid() == 0)) func aFolderBelongsToRootOrToTheOwnerOfTheFileInIt() throws {
    let path = node.file("OctopusServer.config", Array("<octopus-settings/>".utf8))
    let id = machine.file("machine-id", Array("x".utf8), mode: 0o644)
    chmod(machine.path, 0o755)
    let permissions = FilePermissions(
      config: try ConfigFile.read(path), machineIDPath: id,
      machineKeyPath: machine.file("machinekey"))
    for (folder, file, isForeign) in [
      (0, 0, false), (0, 65_534, false), (65_534, 65_534, false), (65_533, 65_534, true),
    ] as [(uid_t, uid_t, Bool)] {
      chown(machine.path, folder, 0)
      chown(id, file, 0)
      let expected = isForeign ? [ConfigFault(.foreignFolder(user: folder), machine.path)] : []
      #expect(try permissions.faults() == expected, "\(folder) \(file)")
    }
  }
}
