// `rotate-master-key`: its options and questions. The rotation itself is in OctopusKeys.

import ArgumentParser

struct RotateMasterKey: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-master-key",
    abstract: "Re-encrypt every sensitive value of a store under a new Master Key.",
    about: """
      Stop every node first, and back up the database. The new key is written to a key file before \
      anything changes; the store changes in one step; at the end the node's config holds the new \
      key. The old key is still needed for old backups.

      Without --new-key-file and --master-key a fresh key is made. What is not said here is asked \
      on the terminal.
      """,
    special: [
      .done: "every sensitive value is under the new key",
      .incomplete: "done, but some values were left unreadable as they were",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(help: "Write nothing: say what a run would do, and end with its exit code.") var dryRun =
    false

  @Option(
    help: .init("A file that holds the new Master Key; - is standard input.", valueName: "file"))
  var newKeyFile: String?

  @Option(
    help: .init(
      "The new Master Key itself. Other users of the machine can read it there; better use "
        + "--new-key-file.", valueName: "value"))
  var masterKey: String?

  @Option(
    help: .init(
      "A file that holds the old Master Key, where the node's config cannot be read here.",
      valueName: "file"))
  var oldKeyFile: String?

  @Option(
    help: .init(
      "The bits of a fresh key: 128 or 256 (default: as many as the old key has).",
      valueName: "bits"))
  var keySize: KeySize?

  @Flag(help: "Go on where values open with neither key: leave them as they are and count them.")
  var skipUnreadable = false

  @Flag(
    help: .init(
      "Go on where the values say that the old key is another store's, because most of them were "
        + "left under a former key."))
  var trustOldKey = false

  @OptionGroup(title: "Node options") var place: InPlaceOption

  @Flag(
    help: .init(
      "Go on where the folder of the config does not outlive this machine or container, and the "
        + "new key would be nowhere else."))
  var ephemeralState = false

  @Option(
    help: .init("How long ago a node was last seen that counts as alive.", valueName: "seconds"))
  var liveNodeAge = 300

  @Flag(help: "Go on although the database says that nodes are alive or tasks are running.")
  var ignoreLiveNodes = false

  @Flag(help: "Stop this node's server first, and start it again once everything is done.")
  var stopService = false

  @Flag(
    help: .init(
      "Make a snapshot of the database first, as a way back and to compare with (SQL Server only).")
  )
  var databaseSnapshot = false

  @OptionGroup(title: "Service options") var service: ServiceOptions
  @Flag(help: "Go on where the store holds no sensitive value at all.") var allowEmptyStore = false
  @OptionGroup var binary: BinaryOptions

  @Flag(help: "Print the new key in the report even where no terminal receives it.")
  var showKey = false

  @Flag(help: "Confirm the rotation.") var iReallyWantToRotateMyMasterKey = false
  @Flag(help: "Confirm that there is a backup of the database.") var iHaveBackedUpMyDatabase = false
  @Flag(help: "Confirm everything that would be asked.") var yes = false

  var isAudited: Bool { !dryRun }

  func validate() throws {
    if newKeyFile != nil, masterKey != nil {
      throw ValidationError("--new-key-file and --master-key are two keys, give one")
    }
    if keySize != nil, newKeyFile != nil || masterKey != nil {
      throw ValidationError("--key-size is for a fresh key, and the new key was given")
    }
    if newKeyFile == "-", oldKeyFile == "-" {
      throw ValidationError("standard input cannot hold both keys, give one in a file")
    }
    if service.name != nil, !stopService {
      throw ValidationError("--unit and --container are for --stop-service")
    }
    if liveNodeAge < 1 { throw ValidationError("--live-node-age counts seconds, from 1 on") }
  }

  /// The new key that was given, or nil for a fresh one.
  var newKeySource: KeySource? {
    newKeyFile.map { KeySource(file: $0) } ?? masterKey.map { .value($0) }
  }

  /// Fails early if a confirmation is missing and cannot be asked for.
  func requireAnswers(_ console: Console) throws {
    for question in questions { try console.requireTerminal(for: question.option) }
  }

  /// - Throws: `CommandError.declined` unless all is confirmed.
  func confirm(_ console: Console) throws {
    for question in questions {
      try console.confirm(question.text, option: question.option)
    }
  }

  /// What is to be confirmed on the terminal, and the option that would do it.
  var questions: [(text: String, option: String)] {
    let all = [
      ("Do you have a backup of the database?", "--i-have-backed-up-my-database"),
      ("Rotate the Master Key now?", "--i-really-want-to-rotate-my-master-key"),
    ]
    let confirmed = [iHaveBackedUpMyDatabase, iReallyWantToRotateMyMasterKey]
    return yes ? [] : zip(all, confirmed).filter { !$1 }.map(\.0)
  }
}
