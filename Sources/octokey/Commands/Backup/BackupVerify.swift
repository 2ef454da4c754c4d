// `backup verify`: the test restore. Nothing is written.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct BackupVerify: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that a backup can be restored: every file, the key, every value.",
    about: """
      Decrypts the key with the passphrase, checks every file against its checksum, and decrypts every \
      sensitive value of the snapshot. For a database that its own tools copied, give the restored \
      copy with --store.
      """,
    examples: ["octokey backup verify /backup/octopus-monday"],
    exits: [.done, .failed, .incomplete, .busy, .usage, .cancelled],
    special: [
      .done: "the backup is good",
      .failed: "the backup could not be read",
      .incomplete: "the backup has problems",
    ])

  @Argument(
    help: .init("The folder of the backup.", valueName: "dir"), completion: Completions.folder)
  var folder: String
  @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let watch = try SignalWatch()
    let backup = try BackupFolder.read(context.absolutePath(folder))
    let encryption = try backup.encryption(passphrase, context)
    let verification = try backup.verification(encryption, stores, context, watch)
    return try context.answer(
      BackupVerificationReport(verification, of: backup), as: output.format)
  }
}

extension BackupFolder {
  /// Decryption with the passphrase, or nil for a backup without one.
  func encryption(_ passphrase: PassphraseOptions, _ context: Context) throws -> EncryptedFile? {
    guard manifest.key.isSealed else {
      // Another backup may have been put in place of an encrypted one.
      if passphrase.passphraseFile != nil { throw CommandError.backupNotSealed(folder: path) }
      context.console.warning(
        "\(path.quoted) was made without a passphrase: changes to it cannot be detected")
      return nil
    }
    return EncryptedFile(try passphrase.read(context, isNew: false))
  }

  func verification(
    _ encryption: EncryptedFile?, _ stores: StoreOptions, _ context: Context, _ watch: SignalWatch
  ) throws -> BackupVerification {
    let location: StoreLocation?
    if let snapshot = snapshotLocation {
      location = try context.storeLocation(snapshot)
    } else {
      location = stores.given(context) == nil ? nil : try stores.location(context, nil)
    }
    let verification = try BackupVerification(
      self, encryption, store: location?.store(), cancellation: Cancellation(watch),
      progress: ProgressBar(context).update)
    context.console.clearProgress()
    return verification
  }
}
