// `backup create`: a new backup of this node in a new folder.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct BackupCreate: AuditedCommand {
  static let auditedAction = "backup create"
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Put config, Master Key and a snapshot of the store into a new folder.",
    about: """
      The server may be running: the snapshot is the store at one moment. Every sensitive value of \
      it is opened with the key before the folder gets its name. The database of a server is copied \
      by its own tools; the statement for that is printed.
      """,
    special: [
      .done: "the backup is there, and the key opens every value in it",
      .failed: "failed or refused, there is no backup",
      .incomplete:
        "the backup is there, but some values do not open with the key, or something failed afterwards",
    ])

  @Option(help: .init("The folder to make.", valueName: "dir"), completion: Completions.folder)
  var to: String
  @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions

  @Flag(help: "Keep the secrets without a passphrase: whoever has the folder has the key.")
  var noPassphrase = false

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func validate() throws {
    if to.isEmpty { throw ValidationError("--to needs the name of a folder") }
    if noPassphrase, passphrase.passphraseFile != nil {
      throw ValidationError(
        "--no-passphrase is for a backup without a passphrase, and one was given")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    let start = context.clock.uptime()
    let watch = try SignalWatch()
    let node = try node.open(context)
    try node.file.requireNoUnfinishedRotation()
    let location = try stores.location(context, node)
    let folder = try context.absolutePath(to)
    try requireApart(folder, from: location)
    let encryption = noPassphrase ? nil : EncryptedFile(try passphrase.read(context, isNew: true))
    let lock = try LockedConfigFile.lock(node.file, keepsDrafts: true, isCopied: true)
    let creation = BackupCreation(
      node: node, location: location, encryption: encryption, now: context.clock.now(),
      cancellation: Cancellation(watch), progress: RotateMasterKey.progress(context))
    context.audit[.backup] = folder
    BackupFolder.removeAbandonedDrafts(in: FilePath(folder).folder)
    let (manifest, closedCertificate) = try creation.run(into: NewFolder.create(folder))
    context.audit.record(change: "the backup \(folder.quoted) was made")
    _ = consume lock
    context.console.clearProgress()
    if manifest.store.opened + manifest.store.unreadable == 0 {
      context.console.warning(
        "\(manifest.store.location.quoted) holds no sensitive value that could show whether the key "
          + "fits", hint: "is this the store of this node?")
    }
    context.audit[.key] = manifest.key.fingerprint
    let report = BackupReport(
      manifest, folder: folder, closedCertificate: closedCertificate,
      duration: context.clock.uptime() - start)
    return try context.answer(report, as: output.format)
  }

  /// Refuses a backup inside the folder of documents: the next backup would contain it.
  private func requireApart(_ folder: String, from location: StoreLocation) throws {
    guard case .directory(let path) = location, (folder + "/").hasPrefix(path + "/") else { return }
    throw CommandError.backupInsideStore(folder: folder, location: path)
  }
}
