// Looks through the text of a node config for what is wrong with it. The files around it are in
// FilePermissions.swift.

internal import Native

package struct ConfigCheck: Sendable {
  /// A protected setting and the machine key that decrypts it.
  package struct OpenedSetting: Sendable, Equatable {
    package let setting: String
    /// From 1.
    package let line: Int
    package let form: MachineKeys.Form
  }

  /// What is wrong, in the order of the file.
  package private(set) var faults: [ConfigFault] = []
  /// The protected settings that open.
  package private(set) var opened: [OpenedSetting] = []

  private let path: String

  /// - Parameters:
  ///   - machineKeys: what should open its protected settings.
  ///   - elsewhere: other machine keys of which one may be the right one, with the names of their
  ///     files.
  /// - Throws: `ConfigError.native` if a library fails; whatever is wrong with the config is a fault.
  package init(
    _ contents: [UInt8], path: String, machineKeys: MachineKeys,
    elsewhere: [(path: String, keys: MachineKeys)] = []
  ) throws(ConfigError) {
    self.path = path
    let config: NodeConfig
    do {
      config = try NodeConfig(contents: contents, path: path)
    } catch {
      faults.append(try ConfigCheck.fault(of: error, path))
      return
    }
    let entries = config.entries
    checkNames(entries)
    for entry in entries where entry.counts {
      try checkValue(entry, machineKeys, elsewhere)
    }
    checkMasterKey(entries)
    // Several settings may be in one line, and one setting may have several faults.
    faults.sort { one, other in
      (one.line ?? 0, one.setting ?? "", one.kind.name)
        < (other.line ?? 0, other.setting ?? "", other.kind.name)
    }
    opened.sort { ($0.line, $0.setting) < ($1.line, $1.setting) }
  }

  private static func fault(
    of error: ConfigError, _ path: String
  ) throws(ConfigError) -> ConfigFault {
    switch error {
    case .malformed(_, let line, let column, let reason, _):
      ConfigFault(.malformed(line: line, column: column, reason: reason), path, line: line)
    case .forbidden(_, let line, let construct):
      ConfigFault(.forbidden(line: line, construct: construct), path, line: line)
    case .wrongRoot(_, let found): ConfigFault(.wrongRoot(found: found), path)
    default: throw error
    }
  }

  private mutating func add(_ kind: ConfigFault.Kind, _ entry: NodeConfig.Entry) {
    faults.append(ConfigFault(kind, path, setting: entry.key, line: entry.line))
  }

  private mutating func checkNames(_ entries: [NodeConfig.Entry]) {
    for entry in entries where entry.key.allSatisfy(\.isWhitespace) {
      faults.append(ConfigFault(.nameless, path, line: entry.line))
    }
    let groups = Dictionary(grouping: entries) { NodeConfig.folded($0.key) }
    for group in groups.values {
      guard let last = group.last, !last.key.allSatisfy(\.isWhitespace) else { continue }
      if group.count > 1 { add(.duplicate(lines: group.map(\.line)), last) }
      guard KnownSetting.named(last.key) == nil else { continue }
      if let near = KnownSetting.misspelt(as: last.key) {
        add(.misspelt(known: near.name), last)
      } else {
        add(.unknown, last)
      }
    }
  }

  /// A server without a Master Key does not start; that it is missing must not look like that all is well.
  private mutating func checkMasterKey(_ entries: [NodeConfig.Entry]) {
    let name = NodeConfig.folded(SettingName.masterKey)
    let entry = entries.last { NodeConfig.folded($0.key) == name }
    guard entry?.value?.allSatisfy(\.isWhitespace) ?? true else { return }
    faults.append(
      ConfigFault(
        .noMasterKey, path, setting: entry?.key ?? SettingName.masterKey, line: entry?.line))
  }

  private mutating func checkValue(
    _ entry: NodeConfig.Entry, _ machineKeys: MachineKeys,
    _ elsewhere: [(path: String, keys: MachineKeys)]
  ) throws(ConfigError) {
    guard let value = entry.value, !value.allSatisfy(\.isWhitespace) else { return }
    guard entry.isProtected else {
      if let type = KnownSetting.named(entry.key)?.fault(in: value) { add(.wrongType(type), entry) }
      return
    }
    if let found = try machineKeys.open(value, of: entry.key) {
      opened.append(OpenedSetting(setting: entry.key, line: entry.line, form: found.form))
      if !found.isReadByServer { add(.misreadByServer, entry) }
    } else if MachineKeys.isFromWindows(value) {
      add(.protectedByWindows, entry)
    } else if MachineKeys.isOfNewerServer(value) {
      add(.protectedByNewerServer, entry)
    } else if ConfigCheck.isPlain(value, of: entry.key) {
      add(.notProtected, entry)
    } else {
      var fitting: String?
      for other in elsewhere where fitting == nil {
        if try other.keys.open(value, of: entry.key)?.form != nil { fitting = other.path }
      }
      add(.unreadable(elsewhere: fitting), entry)
    }
  }

  /// Whether a value cannot be ciphertext: that is base64 of whole blocks, two of them at least for a
  /// Master Key. (A plain one of 32 bytes looks like a protected one of 16.)
  private static func isPlain(_ value: String, of key: String) -> Bool {
    guard let bytes = Base64.decode(value.withoutBlanks) else { return true }
    if bytes.isEmpty || bytes.count % 16 != 0 { return true }
    return KnownSetting.named(key)?.kind == .masterKey && bytes.count == 16
  }
}
