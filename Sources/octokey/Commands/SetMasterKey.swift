// `set-master-key`: a key into this node's config, as the other nodes need it after a rotation.

import ArgumentParser

struct SetMasterKey: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-master-key",
    abstract: "Put a Master Key into this node's config.",
    discussion: """
      For the other nodes after a rotation, and for a config that came from another machine: the \
      key that is in the config now need not be readable. Documents are not touched. Without \
      --key-file the key is asked for.


      """
        + ExitStatus.list(
          [.done, .failed, .unfinishedRotation, .busy, .usage],
          special: [.done: "the config holds this key"]))

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Key options") var key: KeyOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  @Flag(help: "Confirm everything that would be asked.")
  var yes = false

  func run(_ context: Context) throws -> ExitStatus {
    let source = key.source(context) ?? .prompt("Master Key", option: "--key-file")
    _ = try source.read(context)
    throw CommandError.unbuilt
  }
}
