// From the options to the node's config and the store.

import FoundationEssentials
import Native
import OctopusKeys
import Stores

struct OpenedNode {
  let file: ConfigFile
  let settings: NodeConfig
  let machineKeys: MachineKeys
  let machineIDPath: String
  let machineKeyPath: String

  /// The server's name for this node.
  var name: String { settings.value(of: SettingName.nodeName) ?? ProcessInfo.processInfo.hostName }

  /// The Master Key in the config.
  func masterKey(_ console: Console) throws(ConfigError) -> MachineKeys.OpenedMasterKey {
    let opened = try machineKeys.masterKey(of: settings)
    let path = opened.form == .machineID ? machineIDPath : machineKeyPath
    console.step("the Master Key in the config decrypts with the machine key in \(path.quoted)")
    return opened
  }
}

extension NodeOptions {
  /// - Parameter half: if a write into the config was interrupted, use the settings of its newest copy.
  func open(_ context: Context, half: Bool = false) throws -> OpenedNode {
    let file = try ConfigFile.readOfNode(configPath(context))
    let settings = try half ? file.whole().settings() : file.settings()
    return OpenedNode(
      file: file, settings: settings, machineKeys: try machineKeys(),
      machineIDPath: try context.absolutePath(machineIdFile),
      machineKeyPath: try context.absolutePath(machineKeyFile))
  }

  func configPath(_ context: Context) throws -> String {
    let named = config ?? (instance == nil ? context.setting("OCTOKEY_CONFIG") : nil)
    let path = try registry.registry(context).configPath(
      instance: instance, config: named.map { try context.absolutePath($0) },
      // Only to find a config there; without one the registry is asked.
      workingDirectory: try? context.workingDirectory.get(), note: context.console.warn(of:))
    if context.audit[.config] != path {
      context.console.step(config: path, reason(for: path, context))
    }
    context.audit[.config] = path
    return path
  }

  /// Why the config at `path` was chosen.
  private func reason(for path: String, _ context: Context) -> String {
    if let instance { return "of the instance \(instance.quoted)" }
    if config != nil { return "named by --config" }
    if context.setting("OCTOKEY_CONFIG") != nil { return "named by OCTOKEY_CONFIG" }
    // Without a working directory none was looked for there.
    if case .success(let here) = context.workingDirectory, here + "/OctopusServer.config" == path {
      return "found in the working directory"
    }
    return "of the default instance in \(registry.instancesDir.quoted)"
  }

  func machineKeys() throws -> MachineKeys {
    try MachineKeys(
      machineID: NodeOptions.contents(of: machineIdFile), machineIDPath: machineIdFile,
      machineKeyFile: NodeOptions.contents(of: machineKeyFile), machineKeyPath: machineKeyFile)
  }

  /// The contents of a machine key's file; nil if it does not exist.
  static func contents(of path: String) throws -> SecretBytes? {
    do {
      return try SecretFile.read(path, limit: 64 << 10)
    } catch NativeError.system(_, _, let number) where SystemErrorKind(errno: number) == .notFound {
      return nil
    }
  }
}

extension StoreOptions {
  /// The store that was given, or the node's.
  func open(_ context: Context, _ node: OpenedNode?) throws -> any Store {
    let location = try location(context, node)
    let ignored = location.ignoredSettings
    if !ignored.isEmpty {
      context.console.note(
        "the driver does not support \(ignored.joined(separator: ", ")) of the connection string")
    }
    return location.store()
  }

  func location(_ context: Context, _ node: OpenedNode?) throws -> StoreLocation {
    let location = try find(context, node)
    let store = location.store()
    let name = store.kind + " " + store.location
    if context.audit[.store] != name {
      context.console.step(
        store: name,
        self.store != nil
          ? "named by --store"
          : context.setting("OCTOKEY_STORE") != nil
            ? "named by OCTOKEY_STORE" : "named by the config")
    }
    context.audit[.store] = name
    return location
  }

  private func find(_ context: Context, _ node: OpenedNode?) throws -> StoreLocation {
    if let store = given(context) {
      return try context.storeLocation(store, odbcDriver: odbcDriver)
    }
    guard let node else {
      throw CommandError.storeNeeded(for: "--state-dir")
    }
    let location = try node.settings.storeLocation(
      relativeTo: context.absolutePath(node.file.folder), odbcDriver)
    // An ODBC driver is a library, and its settings name files that it reads, writes and loads.
    if case .odbc = location, !node.file.isOursAlone {
      throw CommandError.odbcOfOtherUser(config: node.file.path, user: node.file.owner.user)
    }
    return location
  }
}

extension NodeConfig {
  func storeLocation(relativeTo folder: String, _ odbcDriver: String?) throws -> StoreLocation {
    guard let text = value(of: SettingName.connectionString) else {
      throw ConfigError.settingMissing(path: path, setting: SettingName.connectionString)
    }
    return try StoreLocation(text, relativeTo: folder, odbcDriver: odbcDriver)
  }
}
