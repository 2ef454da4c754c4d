// The checks of a node without its store: config, machine keys, files. For `config check` and `status`.

import FoundationEssentials
import Native
import OctopusKeys

struct NodeCheck {
  let faults: [FaultLine]
  let opened: [ConfigCheck.OpenedSetting]

  var hasFaults: Bool { faults.contains { $0.severity == "fault" } }

  init(_ file: ConfigFile, _ options: NodeOptions) throws {
    let machineKeys = try options.machineKeys()
    let folder = file.folder
    let check = try ConfigCheck(
      file.bytes, path: file.path, machineKeys: machineKeys,
      elsewhere: NodeCheck.otherKeys(options, folder))
    opened = check.opened
    var faults = check.faults
    faults += try machineKeys.faults(
      inUse: Set(check.opened.map(\.form)),
      machineID: NodeOptions.contents(of: options.machineIdFile))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    faults += FilePermissions(
      config: file, machineIDPath: options.machineIdFile, machineKeyPath: options.machineKeyFile
    ).faults(namesInFolder: names)
    self.faults = faults.map(FaultLine.init)
  }

  /// Machine keys that are not this node's, but may have protected a secret.
  private static func otherKeys(
    _ options: NodeOptions, _ folder: String
  ) -> [(path: String, keys: MachineKeys)] {
    let ids = ["/etc/machine-id", "/var/lib/dbus/machine-id", folder + "/machine-id"]
    let keys = ["/etc/octopus/machinekey", folder + "/machinekey"]
    return ids.filter { $0 != options.machineIdFile }.compactMap { path in
      (try? MachineKeys(
        machineID: NodeOptions.contents(of: path), machineIDPath: path, machineKeyFile: nil,
        machineKeyPath: "")).map { (path: path, keys: $0) }
    }
      + keys.filter { $0 != options.machineKeyFile }.compactMap { path in
        (try? MachineKeys(
          machineID: nil, machineIDPath: "", machineKeyFile: NodeOptions.contents(of: path),
          machineKeyPath: path)).map { (path: path, keys: $0) }
      }
  }
}
