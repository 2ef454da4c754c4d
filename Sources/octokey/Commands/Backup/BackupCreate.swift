// `backup create`: a new backup of this node in a new folder.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct BackupCreate: AuditedCommand {
  static let auditedAction = "backup create"
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Save config, Master Key and a snapshot of the store in a new folder.",
    about: """
      The server may be running: the snapshot is the store at one moment. The key is checked on every \
      sensitive value before the folder gets its name. A database on a server is copied by its own \
      tools; octokey prints the statement.
      """,
    examples: ["octokey backup create --to /backup/octopus-monday"],
    special: [
      .done: "the backup was made, and the key decrypts every value in it",
      .failed: "failed or refused, no backup was made",
      .incomplete:
        "the backup was made, but the key does not decrypt some values, or something failed afterwards",
    ])

  @Option(help: .init("The folder to create.", valueName: "dir"), completion: Completions.folder)
  var to: String
  @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions

  @Flag(help: "Do not encrypt the secrets: whoever has the folder has the key.")
  var noPassphrase = false

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup var state: StateOptions
  @Option(
    name: .shortAndLong,
    help: .init(
      "A file that contains the Master Key, for --state-dir; - is standard input.",
      valueName: "file"), completion: Completions.file)
  var keyFile: String?
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func validate() throws {
    if to.isEmpty { throw ValidationError("--to needs a folder name") }
    try state.requireAlone(node)
    if (state.stateDir == nil) != (keyFile == nil) {
      throw ValidationError(
        "--state-dir and --key-file belong together: without a config the key is in a file")
    }
    if keyFile == "-", passphrase.passphraseFile == "-" {
      throw ValidationError("standard input cannot contain both the key and the passphrase")
    }
    if noPassphrase, passphrase.passphraseFile != nil {
      throw ValidationError("--no-passphrase and --passphrase-file are mutually exclusive")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    let start = context.clock.uptime()
    let watch = try SignalWatch()
    let opened = try state.open(node, context)
    let target = opened.target
    try target.folder.requireNoUnfinishedRotation(of: target.place)
    let location = try stores.location(context, opened.node)
    let folder = try context.absolutePath(to)
    try requireApart(folder, from: location)
    let encryption = noPassphrase ? nil : EncryptedFile(try passphrase.read(context, isNew: true))
    let key = try key(of: opened.node, context)
    let lock = try opened.lockForCopying()
    context.console.step(lockedIn: target.folder.path)
    let creation = BackupCreation(
      node: opened.node, location: location, encryption: encryption, now: context.clock.now(),
      cancellation: Cancellation(watch), progress: ProgressBar(context).update)
    context.audit[.backup] = folder
    BackupFolder.removeAbandonedDrafts(in: FilePath(folder).folder)
    let (manifest, closedCertificate) = try creation.run(
      into: NewFolder.create(folder), key: key)
    context.audit.record(change: "the backup \(folder.quoted) was made")
    _ = consume lock
    context.console.clearProgress()
    if manifest.store.opened + manifest.store.unreadable == 0 {
      context.console.warning(
        "\(manifest.store.location.quoted) contains no sensitive value to check the key with",
        hint: "is this the store of this node?")
    }
    context.audit[.key] = manifest.key.fingerprint
    let report = BackupReport(
      manifest, folder: folder, closedCertificate: closedCertificate,
      duration: context.clock.uptime() - start)
    return try context.answer(report, as: output.format)
  }

  private func key(of node: OpenedNode?, _ context: Context) throws -> MasterKey {
    if let keyFile { return try KeySource(file: keyFile).read(context) }
    guard let node else { preconditionFailure("--state-dir was given without --key-file") }
    return try node.masterKey(context.console).key.copy()
  }

  /// Refuses a backup inside the folder of documents: the next backup would contain it.
  private func requireApart(_ folder: String, from location: StoreLocation) throws {
    guard case .directory(let path) = location, (folder + "/").hasPrefix(path + "/") else { return }
    throw CommandError.backupInsideStore(folder: folder, location: path)
  }
}
