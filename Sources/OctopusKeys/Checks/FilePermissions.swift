// Who else may read or write the files that hold a node's secrets, or put others in their place.

internal import Native

package struct FilePermissions: Sendable {
  private let config: ConfigFile
  private let machineIDPath: String
  private let machineKeyPath: String

  package init(config: ConfigFile, machineIDPath: String, machineKeyPath: String) {
    self.config = config
    self.machineIDPath = machineIDPath
    self.machineKeyPath = machineKeyPath
  }

  /// What is too open, and what was left behind.
  ///
  /// - Throws: `ConfigError.native` for what cannot be looked at: that nothing was found says nothing
  ///   then.
  package func faults() throws(ConfigError) -> [ConfigFault] {
    let folder = config.folder
    let names = try rethrow(as: ConfigError.native, FolderNames.read(folder))
    // A group may well read a config; it belongs to who runs the server.
    var faults = try fault(config.target, others: 0o027)
    if config.contents.status.links > 1 {
      faults.append(ConfigFault(.severalLinks(count: config.contents.status.links), config.target))
    }
    let kinds: [(prefix: String, suffix: String, others: UInt32)] = [
      ("master-key-", ".key", 0o077), ("rotation-report-", ".txt", 0o077),
      (config.name + ".", ".bak", 0o027),
    ]
    for name in names {
      let path = folder + "/" + name
      let kind = kinds.first { name.hasPrefix($0.prefix) && name.hasSuffix($0.suffix) }
      if let kind {
        faults += try fault(path, others: kind.others)
      } else if name.hasPrefix(".\(config.name).draft-") {
        // One of an unfinished rotation goes with its recovery.
        if !names.contains(Journal.fileName) { faults.append(ConfigFault(.leftover, path)) }
      } else if name == Journal.fileName {
        faults.append(ConfigFault(.unfinishedRotation, path))
      }
    }
    // Everybody may read a machine id.
    faults += try fault(machineIDPath, others: 0o022) + fault(machineKeyPath, others: 0o077)
    faults += try folderFaults(folder, config.owner)
    for path in [machineIDPath, machineKeyPath] {
      guard let status = try FilePermissions.status(path) else { continue }
      let other = FilePath(path).folder
      if other != folder { faults += try folderFaults(other, status.owner) }
    }
    // Two files may share a folder.
    return faults.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// What whoever changes the config should know: everybody may read it, or put another file in its
  /// place. What is refused anyway is left out.
  static func exposure(of config: ConfigFile) throws(ConfigError) -> [ConfigFault] {
    let look = FilePermissions(config: config, machineIDPath: "", machineKeyPath: "")
    let folder = try FilePermissions.status(config.folder)
    let isRefused =
      if let folder {
        try rethrow(
          as: ConfigError.native,
          letsOthersCreate(folder, at: config.folder, besides: config.owner))
      } else {
        false
      }
    return try look.fault(config.target, others: 0o007)
      + look.folderFaults(config.folder, config.owner).filter {
        guard case .openFolder = $0.kind else { return true }
        return !isRefused
      }
  }

  /// Whether other users can create, rename or remove files in a folder: all users, or a group that is not
  /// root's, ours or that of `owner`. A sticky folder is not enough: it lets them create.
  ///
  /// - Parameter path: that of the folder, whose access control list may name more users and groups.
  static func letsOthersCreate(
    _ folder: FileStatus, at path: String, besides owner: FileOwner
  ) throws(NativeError) -> Bool {
    let users = [0, FileOwner.current.user, owner.user]
    let groups = [0, FileOwner.current.group, owner.group]
    if folder.mode & 0o002 != 0 { return true }
    // With a list these bits are the most that it grants.
    guard folder.mode & 0o020 != 0 else { return false }
    if !groups.contains(folder.owner.group) { return true }
    return try AccessList.writers(of: path).contains {
      switch $0 {
      case .user(let user): !users.contains(user)
      case .group(let group): !groups.contains(group)
      }
    }
  }

  /// The status of a file; nil if it does not exist, or not any more.
  private static func status(_ path: String) throws(ConfigError) -> FileStatus? {
    do throws(NativeError) {
      return try FileStatus.read(path)
    } catch {
      if error.isNotFound { return nil }
      throw .native(error)
    }
  }

  private func fault(_ path: String, others: UInt32) throws(ConfigError) -> [ConfigFault] {
    guard let status = try FilePermissions.status(path), status.kind == .regular,
      status.mode & others != 0
    else { return [] }
    return [ConfigFault(.open(mode: status.mode & 0o777), path)]
  }

  private func folderFaults(
    _ folder: String, _ owner: FileOwner
  ) throws(ConfigError) -> [ConfigFault] {
    guard let status = try FilePermissions.status(folder) else { return [] }
    var faults: [ConfigFault] = []
    // In a sticky folder others cannot replace what is not theirs, but they can put something beside it.
    let isConfigs = folder == config.folder
    let letsOthersCreate = try rethrow(
      as: ConfigError.native,
      FilePermissions.letsOthersCreate(status, at: folder, besides: owner))
    if status.mode & 0o022 != 0, status.mode & 0o1000 == 0 || isConfigs && letsOthersCreate {
      faults.append(ConfigFault(.openFolder(mode: status.mode & 0o7777), folder))
    }
    if status.owner.user != 0, status.owner.user != owner.user {
      faults.append(ConfigFault(.foreignFolder(user: status.owner.user), folder))
    }
    return faults
  }
}
