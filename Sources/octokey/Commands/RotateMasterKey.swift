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
      on the terminal. With --state-dir there need be no config within reach: the store is rotated, and \
      the key file is brought to the nodes.
      """,
    special: [
      .done: "every sensitive value is under the new key",
      .incomplete: "done, but some values were left unreadable as they were",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup var state: StateOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(help: "Write nothing: say what a run would do, and end with its exit code.") var dryRun =
    false

  @Option(
    help: .init("A file that holds the new Master Key; - is standard input.", valueName: "file"),
    completion: Completions.file)
  var newKeyFile: String?

  @Option(
    help: .init(
      "The new Master Key itself. Other users of the machine can read it there; better use "
        + "--new-key-file.", valueName: "value"))
  var masterKey: String?

  @Option(
    help: .init(
      "A file that holds the old Master Key, where the node's config cannot be read here.",
      valueName: "file"), completion: Completions.file)
  var oldKeyFile: String?

  @Option(
    help: .init(
      "The bits of a fresh key: 128 or 256 (default: as many as the old key has).",
      valueName: "bits"))
  var keySize: KeySize?

  @Flag(
    help: "Take a new key that can be guessed: from documentation, a pattern, printable characters."
  )
  var allowWeakKey = false

  @Flag(help: "Go on where values open with neither key: leave them as they are and count them.")
  var skipUnreadable = false

  @Flag(
    help: .init(
      "Go on where the values say that the old key is another store's, because most of them were "
        + "left under a former key."))
  var trustOldKey = false

  @OptionGroup(title: "Node options") var place: InPlaceOption
  @OptionGroup(title: "Node options") var windows: WindowsOption

  @Flag(
    help: .init(
      "Go on where the folder of the config does not outlive this machine or container, and the "
        + "new key would be nowhere else."))
  var ephemeralState = false

  @Option(
    help: .init(
      "How the servers get their key, for the next steps: linux, windows, kubernetes, compose, docker-systemd or ecs "
        + "(default: what the names of the nodes look like).", valueName: "kind"))
  var deployment: Deployment?

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
    try state.requireAlone(node)
    if state.stateDir != nil {
      if oldKeyFile == nil {
        throw ValidationError("--state-dir needs --old-key-file: no config holds the old key")
      }
      if stopService || place.inPlace {
        throw ValidationError(
          "--stop-service and --in-place are for a node's config, and --state-dir has none")
      }
    }
    if liveNodeAge < 1 { throw ValidationError("--live-node-age counts seconds, from 1 on") }
  }

  /// The new key that was given, or nil for a fresh one.
  var newKeySource: KeySource? {
    newKeyFile.map { KeySource(file: $0) } ?? masterKey.map { .value($0) }
  }

  /// Fails early if confirmations are missing and cannot be asked for; all of them are named.
  func requireAnswers(_ console: Console) throws {
    let options = questions.map(\.option)
    guard !options.isEmpty else { return }
    try console.requireTerminal(for: options.joined(separator: " and "))
  }

  /// - Parameters:
  ///   - oldKey: the fingerprint of the old key, of which a part is to be typed.
  ///   - backup: the options of `backup create` for this node.
  /// - Throws: `CommandError.declined`, `.noBackup` unless all is confirmed.
  func confirm(oldKey: String, backup: String, _ console: Console) throws {
    for question in questions {
      switch question {
      case .backup:
        try console.confirm(
          "Do you have a backup of the database?", option: question.option,
          refusal: .noBackup(options: backup))
      case .rotation:
        let word = String(oldKey.trimmingPrefix("SHA256:").prefix(8))
        try console.confirm(
          "Type the first 8 characters of the old key's fingerprint (\(word)) to rotate now",
          byTyping: word, option: question.option)
      }
    }
  }

  enum Question: CaseIterable {
    case backup, rotation

    /// What answers it beforehand.
    var option: String {
      switch self {
      case .backup: "--i-have-backed-up-my-database"
      case .rotation: "--i-really-want-to-rotate-my-master-key"
      }
    }
  }

  /// What is to be confirmed on the terminal.
  var questions: [Question] {
    if yes { return [] }
    return Question.allCases.filter {
      switch $0 {
      case .backup: !iHaveBackedUpMyDatabase
      case .rotation: !iReallyWantToRotateMyMasterKey
      }
    }
  }
}
