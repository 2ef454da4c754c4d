// `verify`: does this key open this store? Nothing is written.

import ArgumentParser

struct Verify: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Open every sensitive value of a store with a key, and say which do not open.",
    discussion: """
      Reads and never writes; the server may be running. Without --key-file the key is the one in \
      the node's config.


      """
        + ExitStatus.list(
          [.done, .failed, .incomplete, .busy, .usage],
          special: [
            .done: "every sensitive value opens with the key",
            .incomplete: "some sensitive values do not open with the key",
          ]))

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Key options") var key: KeyOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    throw CommandError.unbuilt
  }
}
