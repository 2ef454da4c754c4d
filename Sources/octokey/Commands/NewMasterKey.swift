// `new-master-key`: a fresh key, written to a key file only.

import ArgumentParser
import Native
import OctopusKeys

struct NewMasterKey: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-master-key", abstract: "Create a key file with a new Master Key.",
    about: """
      The file must not exist. Only its owner can read it. octokey prints the fingerprint, never the \
      key.
      """,
    examples: ["octokey new-master-key new.key"],
    exits: [.done, .failed, .incomplete, .usage],
    special: [
      .done: "the file has a new key",
      .incomplete: "the file has a new key, but something failed afterwards",
    ])

  @Argument(help: .init("The file to create.", valueName: "file"), completion: Completions.file)
  var file: String

  @Option(help: .init("The size of the key in bits: 128 or 256.", valueName: "bits"))
  var keySize = KeySize(size: .bits256)

  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let key = try MasterKey.random(keySize.size)
    let path = try context.absolutePath(file)
    let fingerprint = try KeyFingerprint(of: key).description
    (context.audit[.file], context.audit[.newKey]) = (path, fingerprint)
    try KeyFile.create(path, key: key, created: context.clock.now()).commit()
    // The file stays even if the output fails: the key may be in use from now on.
    context.audit.record(
      change: "the key file \(path.quoted) was created, with the key \(fingerprint)")
    return try context.answer(
      NewKeyReport(file: path, fingerprint: fingerprint, bits: key.size.rawValue),
      as: output.format)
  }
}

struct NewKeyReport: CommandReport {
  static let schemaName = ReportName.newMasterKey
  static let schema: Schema = ["file": .string, "fingerprint": .string, "bits": .integer]

  let file: String
  let fingerprint: String
  let bits: Int

  var status: ExitStatus { .done }
  var text: String { fingerprint + "\n" }
}
