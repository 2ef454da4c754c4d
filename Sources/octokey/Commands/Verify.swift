// `verify`: does this key decrypt this store? Nothing is written.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct Verify: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that a key decrypts every sensitive value of a store.",
    about: """
      Never writes; the server may be running. Without --key-file the key is the one in the node's \
      config.
      """,
    examples: [
      "octokey verify",
      "octokey verify --key-file old.key --store sqlite:copy.db",
    ],
    exits: [.done, .failed, .incomplete, .busy, .usage],
    special: [
      .done: "the key decrypts every sensitive value",
      .incomplete: "the key does not decrypt some sensitive values, or no key decrypts the store",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Key options") var key: KeyOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @OptionGroup(title: "Store options") var binary: BinaryOptions

  @Option(
    help: .init(
      "Try every key in the files of this folder, and print which one decrypts the store.",
      valueName: "dir"), completion: Completions.folder)
  var tryKeys: String?

  func validate() throws {
    if tryKeys != nil, key.keyFile != nil || key.masterKey != nil {
      throw ValidationError("--try-keys is mutually exclusive with --key-file and --master-key")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    if let tryKeys { return try tryAll(in: context.absolutePath(tryKeys), context) }
    guard let source = key.source(context) else {
      let node = try node.open(context)
      let store = try stores.open(context, node)
      return try audit(store, node.masterKey(context.console).key, context)
    }
    // With a store and a key the node config is not needed.
    let store = try stores.open(context, stores.given(context) == nil ? node.open(context) : nil)
    return try audit(store, source.read(context), context)
  }

  private func tryAll(in folder: String, _ context: Context) throws -> ExitStatus {
    let node = stores.given(context) != nil ? nil : try node.open(context)
    let machineKeys = try node?.machineKeys ?? self.node.machineKeys()
    let trial = try KeyTrial(folder, on: stores.open(context, node), machineKeys)
    return try context.answer(trial, as: output.format)
  }

  private func audit(
    _ store: any Store, _ key: borrowing MasterKey, _ context: Context
  ) throws -> ExitStatus {
    // A signal ends it between two pages, and the progress bar with it.
    let watch = try SignalWatch()
    let audit = try StoreAudit.run(
      store: store, key: key, decisions: binary.decisions(),
      cancellation: Cancellation(watch), progress: ProgressBar(context).update)
    context.console.clearProgress()
    let report = VerifyReport(audit, key: try KeyFingerprint(of: key), store: store)
    return try context.answer(report, as: output.format)
  }
}
