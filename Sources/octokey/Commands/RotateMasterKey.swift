// `rotate-master-key`: its options and questions. The rotation itself is in OctopusKeys.

import ArgumentParser

struct RotateMasterKey: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-master-key",
    abstract: "Re-encrypt every sensitive value of a store under a new Master Key.",
    about: """
      Stop every node first, and back up the database. The new key is written to a key file before \
      anything changes; the store changes in one step; then the node's config gets the new key. The \
      old key is still needed for old backups.

      Without --new-key-file and --master-key a new key is made. octokey prompts for what is not \
      given here. With --state-dir no config is needed: the store is rotated, and you copy the key \
      file to the nodes.
      """,
    examples: [
      "octokey rotate-master-key --dry-run",
      "octokey rotate-master-key --stop-service --i-have-backed-up-my-database",
    ],
    special: [
      .done: "every sensitive value is under the new key",
      .incomplete: "done, but some values are unreadable and were not changed",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Node options") var state: StateOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(
    name: [.customShort("n"), .long],
    help: "Write nothing: print what a run would do, and exit with its exit code.") var dryRun =
    false

  @Option(
    help: .init("A file with the new Master Key; - is standard input.", valueName: "file"),
    completion: Completions.file)
  var newKeyFile: String?

  @Option(
    help: .init(
      "The new Master Key itself. Other users of the machine can see it; prefer --new-key-file.",
      valueName: "value"))
  var masterKey: String?

  @Option(
    help: .init(
      "A file with the old Master Key, if the node's config cannot be read here.",
      valueName: "file"), completion: Completions.file)
  var oldKeyFile: String?

  @Option(
    help: .init(
      "The size of a new key in bits: 128 or 256 (default: that of the old key).",
      valueName: "bits"))
  var keySize: KeySize?

  @Flag(
    help:
      "Accept a new key that can be guessed: from documentation, a pattern, printable characters."
  )
  var allowWeakKey = false

  @Flag(help: "Leave values that decrypt with neither key unchanged, and count them.")
  var skipUnreadable = false

  @Flag(
    help: .init(
      "Continue if most values do not decrypt with the old key, because they are still under a "
        + "former key."))
  var trustOldKey = false

  @OptionGroup(title: "Node options") var place: InPlaceOption
  @OptionGroup(title: "Node options") var windows: WindowsOption

  @Flag(
    help: .init(
      "Continue if the folder of the config is lost with this machine or container, and the new "
        + "key would be nowhere else."))
  var ephemeralState = false

  @Option(
    help: .init(
      "How the servers get their key, for the next steps: linux, windows, kubernetes, compose, docker-systemd or ecs "
        + "(default: judged by the names of the nodes).", valueName: "kind"))
  var deployment: Deployment?

  @Option(
    help: .init("Treat a node seen within this many seconds as live.", valueName: "seconds"))
  var liveNodeAge = 300

  @Flag(help: "Continue although the database shows live nodes or running tasks.")
  var ignoreLiveNodes = false

  @Flag(help: "Stop this node's server first, and start it again at the end.")
  var stopService = false

  @Flag(
    help: .init(
      "Make a database snapshot first, to compare with and to revert to (SQL Server only).")
  )
  var databaseSnapshot = false

  @OptionGroup(title: "Service options") var service: ServiceOptions
  @Flag(help: "Continue if the store contains no sensitive value.") var allowEmptyStore = false
  @OptionGroup(title: "Store options") var binary: BinaryOptions

  @Flag(help: "Print the new key in the report even if the output is not a terminal.")
  var showKey = false

  @Flag(help: "Confirm the rotation.") var iReallyWantToRotateMyMasterKey = false
  @Flag(help: "Confirm that a backup of the database exists.") var iHaveBackedUpMyDatabase = false
  @Flag(name: .shortAndLong, help: "Answer every confirmation with yes.") var yes = false

  var isAudited: Bool { !dryRun }

  func validate() throws {
    if newKeyFile != nil, masterKey != nil {
      throw ValidationError("--new-key-file and --master-key are mutually exclusive")
    }
    if keySize != nil, newKeyFile != nil || masterKey != nil {
      throw ValidationError("--key-size is for a generated key, but the new key was given")
    }
    if newKeyFile == "-", oldKeyFile == "-" {
      throw ValidationError("standard input cannot have both keys, give one in a file")
    }
    if service.name != nil, !stopService {
      throw ValidationError("--unit and --container need --stop-service")
    }
    try state.requireAlone(node)
    if state.stateDir != nil {
      if oldKeyFile == nil {
        throw ValidationError(
          "--state-dir needs --old-key-file: there is no config with the old key")
      }
      if stopService || place.inPlace {
        throw ValidationError(
          "--stop-service and --in-place need a node's config, and cannot be used with --state-dir")
      }
    }
    if liveNodeAge < 1 {
      throw ValidationError("--live-node-age must be a number of seconds, 1 or more")
    }
  }

  /// The new key that was given, or nil for a fresh one.
  var newKeySource: KeySource? {
    newKeyFile.map { KeySource(file: $0) } ?? masterKey.map { .value($0) }
  }

  /// Fails early if confirmations are missing and octokey cannot prompt; the error names all of them.
  func requireAnswers(_ console: Console) throws {
    let options = questions.map(\.option)
    guard !options.isEmpty else { return }
    try console.requireTerminal(for: options.joined(separator: " and "))
  }

  /// - Parameters:
  ///   - oldKey: the fingerprint of the old key, of which a part is to be typed.
  ///   - backup: the options of `backup create` for this node.
  /// - Throws: `CommandError.declined`, `.noBackup` unless everything is confirmed.
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
