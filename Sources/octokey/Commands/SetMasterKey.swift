// `set-master-key`: puts a key into this node's config, as other nodes need it after a rotation.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct SetMasterKey: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-master-key", abstract: "Set the Master Key in this node's config.",
    about: """
      For the other nodes after a rotation, and for a config from another machine: the present key in \
      the config need not be readable. The key must decrypt the store; documents are not changed. \
      Without --key-file octokey prompts for the key.
      """,
    examples: [
      "octokey set-master-key --key-file new.key",
      "octokey set-master-key --instance Second --key-file - < new.key",
    ],
    special: [
      .done: "the config has this key",
      .incomplete: "the config has this key, but it could not be flushed to disk",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Key options") var key: KeyOptions
  @Option(
    help: .init("Refuse a key with another fingerprint.", valueName: "fingerprint"))
  var expectFingerprint: KeyFingerprint?

  @Flag(help: "Do not check that the key decrypts the store.") var noStoreCheck = false
  @OptionGroup(title: "Node options") var place: InPlaceOption
  @OptionGroup(title: "Node options") var windows: WindowsOption
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let node = try node.open(context)
    try node.file.requireNoUnfinishedRotation()
    try context.console.warn(of: node.file.exposure)
    try windows.requireConsent(node, context.console)
    let given = key.source(context)
    // A key that is given is compared first: if the config has it already, nothing is written.
    if given == nil { try requireNoObstacle(node, context) }
    let source = given ?? .prompt("Master Key", option: "--key-file")
    let newKey = try source.read(context)
    let fingerprint = try KeyFingerprint(of: newKey)
    context.audit[.newKey] = fingerprint.description
    if let expected = expectFingerprint, fingerprint != expected {
      throw CommandError.otherFingerprint(
        expected: expected.description, found: fingerprint.description)
    }
    let config = try LockedConfigFile.lock(node.file, keepsDrafts: true)
    context.console.step(lockedIn: config.file.stateFolder.path)
    let change = try set(newKey, from: source.name, in: config, of: node, context)
    _ = consume config
    let report = SetKeyReport(
      changed: change.changed, fingerprint: fingerprint.description,
      config: .init(path: node.file.path, backup: change.backup))
    return try context.answer(report, as: output.format)
  }

  /// Fails, before the prompt for the key, if the key could not be checked or set.
  private func requireNoObstacle(_ node: OpenedNode, _ context: Context) throws {
    try node.file.stateFolder.requireLockable(for: .config(node.file.path))
    try node.file.requireReplaceable(inPlace: place.inPlace)
    guard !noStoreCheck else { return }
    try rethrowUnseen {
      let store = try stores.open(context, node)
      defer { store.rollback() }
      try store.begin(.read)
      _ = try store.inventory()
    }
  }

  /// - Parameter source: where the key came from.
  private func set(
    _ newKey: borrowing MasterKey, from source: String, in config: borrowing LockedConfigFile,
    of node: OpenedNode,
    _ context: Context
  ) throws -> (changed: Bool, backup: String?) {
    var isThere = false
    do {
      let present = try node.masterKey(context.console)
      context.audit[.oldKey] = try KeyFingerprint(of: present.key).description
      isThere = present.key.equals(newKey) && present.isReadByServer
    } catch ConfigError.protectedByNewerServer(let path, let setting) {
      throw ConfigError.protectedByNewerServer(path: path, setting: setting)
    } catch {
      context.console.note(
        "the present key cannot be read: \(Failure(describing: error).message)"
      )
    }
    // That the config has this key does not prove that it is the right one.
    var isKeyOfStore = false
    if !noStoreCheck { isKeyOfStore = try requireFit(newKey, to: node, context) }
    if !isKeyOfStore { try newKey.requireFitForNew(from: source) }
    if isThere { return (false, nil) }
    let stamp = TimeStamp.forFileName(context.clock.now())
    if !noStoreCheck { warn(ofRunning: node, context) }
    let replacement = try config.replacement(
      masterKey: newKey, machineKeys: node.machineKeys, stamp: stamp, inPlace: place.inPlace)
    let backup = replacement.backupPath
    try replacement.commit()
    config.removeLeftoverDrafts()
    context.audit.record(
      change: "\(node.file.path.quoted) has the key \(try KeyFingerprint(of: newKey))")
    return (true, backup)
  }

  /// A server reads its key only when it starts.
  private func warn(ofRunning node: OpenedNode, _ context: Context) {
    do {
      let nodes = try stores.location(context, node).activity()?.nodes ?? []
      switch nodes.first(where: { $0.name == node.name })?.liveness() {
      case .alive?:
        context.console.warning(
          "the server of this node seems to run, and uses the former key until it is restarted",
          hint: "octokey service --restart")
      case .unknown?:
        context.console.note(Failure(CommandError.livenessUnknown(nodes: [node.name])).message)
      case .gone?, nil: break
      }
    } catch {
      context.console.note(
        "cannot tell whether the server of this node runs: "
          + Failure(describing: error).message)
    }
  }

  /// - Returns: whether values of the store decrypt under the key; false where there are none.
  private func requireFit(
    _ key: borrowing MasterKey, to node: OpenedNode, _ context: Context
  ) throws -> Bool {
    let (store, probe) = try rethrowUnseen {
      let store = try stores.open(context, node)
      return (store, try KeyProbe(store: store, key: key))
    }
    if let misfit = probe.misfit {
      throw CommandError.keyOfAnotherStore(
        fingerprint: try KeyFingerprint(of: key).description, location: store.location, misfit)
    }
    if probe.opens == nil {
      context.console.note(
        "\(store.location.quoted) contains no sensitive value to check the key with")
    }
    return probe.opens == true
  }

  private func rethrowUnseen<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as StoreError {
      throw CommandError.storeNotSeen(reason: .store(error))
    } catch let error as ConfigError {
      throw CommandError.storeNotSeen(reason: .config(error))
    } catch let error as RotationError {
      throw CommandError.storeNotSeen(reason: error)
    }
  }
}

struct SetKeyReport: CommandReport {
  static let schemaName = ReportName.setMasterKey
  static let schema: Schema = [
    "changed": .boolean, "fingerprint": .string, "config": EditedConfig.schema,
  ]

  let changed: Bool
  let fingerprint: String
  let config: EditedConfig

  var status: ExitStatus { .done }
  var text: String { "\(changed ? "changed" : "unchanged") \(fingerprint)\n" }
}
