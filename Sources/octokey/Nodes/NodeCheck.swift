// The checks of a node without its store: config, machine keys, files. For `config check` and `status`.

import FoundationEssentials
import Native
import OctopusKeys
import Stores

struct NodeCheck {
  let faults: [FaultLine]
  let opened: [ConfigCheck.OpenedSetting]

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
    faults += try FilePermissions(
      config: file, machineIDPath: options.machineIdFile, machineKeyPath: options.machineKeyFile
    ).faults()
    let arguments = options.arguments(config: file.path)
    self.faults =
      faults.map { FaultLine($0, node: arguments) } + (try NodeCheck.connectionFaults(file))
  }

  /// What other commands would refuse in the connection string; no connection is made.
  private static func connectionFaults(_ file: ConfigFile) throws -> [FaultLine] {
    let settings: NodeConfig
    do {
      settings = try file.settings()
    } catch {
      // A config that cannot be parsed has a fault already.
      switch error {
      case .malformed, .forbidden, .wrongRoot: return []
      default: throw error
      }
    }
    guard
      let entry = settings.entries.last(where: {
        NodeConfig.isSame($0.key, SettingName.connectionString) && $0.counts
      }),
      settings.value(of: SettingName.connectionString) != nil
    else { return [] }
    do {
      try settings.storeLocation(relativeTo: file.folder, nil).requireUsable()
      return []
    } catch {
      return [
        FaultLine(
          kind: "connectionString", Failure(describing: error), path: file.path, line: entry.line,
          setting: entry.key)
      ]
    }
  }

  /// Machine keys that are not this node's, but may have protected a secret.
  private static func otherKeys(
    _ options: NodeOptions, _ folder: String
  ) throws -> [(path: String, keys: MachineKeys)] {
    let ids = ["/etc/machine-id", "/var/lib/dbus/machine-id", folder + "/machine-id"]
    let keys = ["/etc/octopus/machinekey", folder + "/machinekey"]
    let others =
      ids.filter { $0 != options.machineIdFile }.map { ($0, true) }
      + keys.filter { $0 != options.machineKeyFile }.map { ($0, false) }
    return try others.compactMap { path, isID in
      let contents: SecretBytes?
      do {
        contents = try NodeOptions.contents(of: path)
      } catch is NativeError {
        // It is not a file of this node. That a setting cannot be decrypted is reported without it.
        return nil
      }
      let keys =
        isID
        ? try MachineKeys(
          machineID: contents, machineIDPath: path, machineKeyFile: nil, machineKeyPath: "")
        : try MachineKeys(
          machineID: nil, machineIDPath: "", machineKeyFile: contents, machineKeyPath: path)
      return (path: path, keys: keys)
    }
  }
}
