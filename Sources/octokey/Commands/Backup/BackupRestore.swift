// `backup restore`: restores a backup to its original place, or to another.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct BackupRestore: AuditedCommand {
  static let auditedAction = "backup restore"
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Restore config and store from a backup, here or in another place.",
    about: """
      Checks the whole backup first, and the files that it would replace: a file that differs is \
      refused without --overwrite, and with it kept under another name. On another machine the \
      secrets in the config are protected again. The server must be stopped.
      """,
    examples: [
      "octokey backup restore octopus-monday",
      "octokey backup restore octopus-monday -c test.config -s sqlite:test.db",
    ],
    special: [
      .done: "config and store are as in the backup",
      .incomplete:
        "restored in part, or the key does not decrypt the store or could not be checked",
    ])

  @Argument(
    help: .init("The folder of the backup.", valueName: "dir"), completion: Completions.folder)
  var folder: String
  @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions

  @Flag(help: "Replace existing files, and keep them under another name.")
  var overwrite = false

  @Flag(help: "Restore what can be restored of a backup that has problems.") var ignoreFaults =
    false

  @Flag(help: "Continue although the database shows live nodes or running tasks.")
  var ignoreLiveNodes = false

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Node options") var place: InPlaceOption
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let watch = try SignalWatch()
    let backup = try BackupFolder.read(context.absolutePath(folder))
    context.audit[.backup] = backup.path
    context.audit[.key] = backup.manifest.key.fingerprint
    let encryption = try backup.encryption(passphrase, context)
    let contents = try tested(backup, encryption, context, watch)
    let hasConfig = backup.manifest.config != nil
    let isConfigGiven = node.instance != nil || node.config != nil
    if isConfigGiven, !hasConfig { throw CommandError.backupWithoutConfig(folder: backup.path) }
    let isPlaced = (isConfigGiven || !hasConfig) && stores.given(context) != nil
    if encryption == nil, !isPlaced, let user = backup.otherUser {
      throw CommandError.backupOfOtherUser(folder: backup.path, user: user)
    }
    let path = isConfigGiven ? try node.configPath(context) : backup.manifest.config?.path
    let target = try target(backup, contents, context)
    context.audit[.config] = path
    context.audit[.store] = target.store().kind + " " + target.store().location
    let restoration = BackupRestoration(
      backup: backup, contents: contents, configPath: path, target: target,
      machineKeys: try node.machineKeys(), storeWasNamed: stores.given(context) != nil,
      overwrites: overwrite, ignoresLiveNodes: ignoreLiveNodes,
      inPlace: place.inPlace, now: context.clock.now())
    let report = try restoration.run(context.audit)
    return try context.answer(report, as: output.format)
  }

  /// The secrets of the backup, after a test restore.
  private func tested(
    _ backup: BackupFolder, _ encryption: EncryptedFile?, _ context: Context, _ watch: SignalWatch
  ) throws -> BackupContents {
    let verification = try backup.verification(encryption, stores, context, watch)
    let report = BackupVerificationReport(verification, of: backup)
    for fault in report.faults { context.console.warning(fault.text) }
    if !verification.ok, !ignoreFaults {
      throw CommandError.backupFaulty(
        folder: backup.path, faults: report.faults.count { $0.severity == "fault" })
    }
    return try verification.contents ?? BackupContents(backup, encryption)
  }

  private func target(
    _ backup: BackupFolder, _ contents: BackupContents, _ context: Context
  ) throws -> StoreLocation {
    if stores.given(context) != nil { return try stores.location(context, nil) }
    let store = backup.manifest.store
    if store.snapshot != nil {
      let text = "\(store.kind):\(store.location)"
      return try context.storeLocation(text)
    }
    guard let contents = contents.config else { throw CommandError.storeNeeded(for: "this backup") }
    let config = try NodeConfig(contents: contents, path: BackupFolder.config)
    guard let text = config.value(of: SettingName.connectionString) else {
      throw ConfigError.settingMissing(path: config.path, setting: SettingName.connectionString)
    }
    return try context.storeLocation(text, odbcDriver: stores.odbcDriver)
  }
}
