// `backup`: the commands for backups of a node, and the passphrase that they share.

import ArgumentParser
import Native
import OctopusKeys

struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Back up a node, verify the backup, and restore it.",
    about: """
      A backup is a folder: the node's config, its Master Key, the machine keys of the config, the \
      server's certificate, and a snapshot of the store. A passphrase encrypts the secrets in it.
      """,
    examples: ["octokey backup create --to DIR", "octokey backup verify DIR"],
    subcommands: [BackupCreate.self, BackupVerify.self, BackupRestore.self])
}

struct PassphraseOptions: ParsableArguments {
  @Option(
    help: .init("A file with the passphrase; - is standard input.", valueName: "file"),
    completion: Completions.file)
  var passphraseFile: String?

  /// Prompts twice for a new passphrase, against typing errors, and warns of a short one.
  func read(_ context: Context, isNew: Bool) throws -> Passphrase {
    let passphrase = try read(context, again: isNew)
    if isNew, passphrase.isShort {
      context.console.warning(
        "the passphrase has fewer than \(Passphrase.shortLength) characters and can be brute-forced",
        hint: "use at least four unrelated words")
    }
    return passphrase
  }

  private func read(_ context: Context, again: Bool) throws -> Passphrase {
    if passphraseFile == "-" { return try .readStandardInput() }
    if let passphraseFile = passphraseFile ?? context.setting("OCTOKEY_PASSPHRASE_FILE") {
      try context.console.warnIfExposed(passphraseFile, holding: "a passphrase")
      return try .read(passphraseFile)
    }
    let typed = try ask("Passphrase for the backup", context)
    guard again else { return typed }
    let once = try ask("Repeat the passphrase", context)
    guard typed.equals(once) else { throw CommandError.passphrasesDiffer }
    return typed
  }

  private func ask(_ question: String, _ context: Context) throws -> Passphrase {
    let text = try context.console.askSecret(question, option: "--passphrase-file")
    return try Passphrase(text, source: "the answer")
  }
}
