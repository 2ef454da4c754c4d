// `new-master-key`: a fresh key in a file of its own, and only there.

import ArgumentParser
import OctopusKeys

struct NewMasterKey: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-master-key",
    abstract: "Make a key file with a fresh Master Key.",
    discussion: """
      The file must not exist; it is readable by its owner alone. What is printed is the \
      fingerprint, never the key.


      """
        + ExitStatus.list([.done, .failed, .usage], special: [.done: "the file holds a new key"]))

  @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("The bits of the key: 128 or 256.", valueName: "bits"))
  var keySize = KeySize.standard

  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    throw CommandError.unbuilt
  }
}
