// The options that several commands share, checked as far as possible without reading a file.

import ArgumentParser
import OctopusKeys
import Stores

struct RegistryOptions: ParsableArguments {
  static let defaultFolder = "/etc/octopus/OctopusServer/Instances"

  @Option(
    help: .init("The folder of the instance registry.", valueName: "dir"),
    completion: Completions.folder)
  var instancesDir = RegistryOptions.defaultFolder

  func registry(_ context: Context) throws -> InstanceRegistry {
    InstanceRegistry(folder: try context.absolutePath(instancesDir))
  }

  /// The records of the registry, with a warning for each record that cannot be read.
  func records(_ context: Context) throws -> InstanceRecords {
    let records = try registry(context).records()
    records.bad.forEach(context.console.warn(of:))
    return records
  }
}

struct NodeOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: .init("The instance of this machine to work on.", valueName: "name"),
    completion: Completions.instances)
  var instance: String?

  @Option(
    name: .shortAndLong,
    help: .init("The node's OctopusServer.config.", valueName: "file"), completion: Completions.file
  ) var config: String?

  @Option(
    help: .init("The machine id that protects the node's secrets.", valueName: "file"),
    completion: Completions.file)
  var machineIdFile = "/etc/machine-id"

  @Option(
    help: .init("The key that protects them if there is no machine id.", valueName: "file"),
    completion: Completions.file)
  var machineKeyFile = "/etc/octopus/machinekey"

  @OptionGroup(title: "Node options") var registry: RegistryOptions

  func validate() throws {
    if instance != nil, config != nil {
      throw ValidationError("--instance and --config are mutually exclusive")
    }
  }

  /// The options that select this node, whose config is at `config`, in another command, for a shell.
  func arguments(config: String) -> String {
    var options = [("--config", config)]
    if machineIdFile != "/etc/machine-id" { options.append(("--machine-id-file", machineIdFile)) }
    if machineKeyFile != "/etc/octopus/machinekey" {
      options.append(("--machine-key-file", machineKeyFile))
    }
    return options.map { "\($0) \($1.shellWord)" }.joined(separator: " ")
  }
}

struct StoreOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: .init(
      "Where the documents are: sqlite:PATH, directory:PATH, sqlserver:CONNECTION-STRING or "
        + "odbc:CONNECTION-STRING (default: OCTOKEY_STORE, else the store in the node's config).",
      valueName: "location"))
  var store: String?

  @Option(
    help: .init(
      "The ODBC driver for SQL Server: a name in odbcinst.ini or a library's path (default: "
        + "Microsoft's, else FreeTDS).", valueName: "driver"))
  var odbcDriver: String?

  /// What `--store` or, without it, the environment names; nil if neither does.
  func given(_ context: Context) -> String? {
    store ?? context.setting("OCTOKEY_STORE")
  }

  func validate() throws {
    guard let store else { return }
    do {
      _ = try StoreLocation(store, relativeTo: ".")
    } catch {
      let failure = Failure(error)
      throw ValidationError("\(failure.message). \(failure.hint ?? locationForms)")
    }
  }
}

struct KeyOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: .init("A file with the Master Key; - is standard input.", valueName: "file"),
    completion: Completions.file)
  var keyFile: String?

  @Option(
    help: .init(
      "The Master Key itself. Other users of the machine can see it; prefer --key-file.",
      valueName: "value"))
  var masterKey: String?

  func validate() throws {
    if keyFile != nil, masterKey != nil {
      throw ValidationError("--key-file and --master-key are mutually exclusive")
    }
  }

  /// Where to read the key, or nil if none was given: the caller prompts for it, or uses the config's.
  func source(_ context: Context) -> KeySource? {
    if let keyFile { return KeySource(file: keyFile) }
    if let masterKey { return .value(masterKey) }
    return context.setting("OCTOKEY_MASTER_KEY_FILE").map { .file($0) }
  }
}

struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: .init("How data is printed: text or json.", valueName: "format"))
  var format = OutputFormat.text

  @Flag(name: .shortAndLong, help: "Print no notes and no progress, only warnings and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print each step, and what was chosen and why.")
  var verbose = false

  @Flag(help: "Never prompt: fail if an answer is missing.") var nonInteractive = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose are mutually exclusive") }
  }

  /// Whether arguments that cannot be parsed ask for JSON.
  static func askForJSON(_ arguments: [String]) -> Bool {
    func isJSON(_ text: Substring) -> Bool { OutputFormat(argument: String(text)) == .json }
    return arguments.indices.contains { index in
      let argument = arguments[index]
      for name in ["--format", "-f"] {
        if argument.hasPrefix(name + "=") { return isJSON(argument.dropFirst(name.count + 1)) }
      }
      return ["--format", "-f"].contains(argument) && index + 1 < arguments.count
        && isJSON(arguments[index + 1][...])
    }
  }
}

enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json

  /// The vendor accepts `JSON` as well.
  init?(argument: String) { self.init(rawValue: argument.lowercased()) }
}

struct KeySize: Equatable {
  let size: MasterKey.Size
}

extension KeySize: ExpressibleByArgument {
  init?(argument: String) {
    guard let bits = Int(argument), let size = MasterKey.Size(rawValue: bits),
      MasterKey.Size.ofNewKeys.contains(size)
    else { return nil }
    self.size = size
  }

  static var allValueStrings: [String] { MasterKey.Size.ofNewKeys.map { String($0.rawValue) } }
  var defaultValueDescription: String { String(size.rawValue) }
}

extension KeyFingerprint: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// Which columns and values are bytes and not text, where octokey cannot tell.
struct BinaryOptions: ParsableArguments {
  @Option(
    help: .init(
      "Declare the contents of a binary column: TABLE.COLUMN=ciphertext, =vector-last (ciphertext with "
        + "its initialization vector at the end) or =plain. Can be repeated.",
      valueName: "column"))
  var binaryColumn: [BinaryColumn] = []

  @Option(
    help: .init(
      "Accept that values in this place decrypt to bytes and not to text: TABLE.PATH, as in the report. "
        + "Can be repeated.", valueName: "place"))
  var acceptBinary: [BinaryPlace] = []

  func validate() throws { _ = try decisions() }

  /// What was decided, by column; wrong usage if one column is decided in two ways.
  func decisions() throws -> Survey.Decisions {
    var decisions = Survey.Decisions()
    for column in binaryColumn {
      let field = Survey.BinaryField(column.name)
      let other = decisions.binaryFields.updateValue(column.contents, forKey: field)
      if let other, other != column.contents {
        throw ValidationError("--binary-column has two values for \(column.name.quoted)")
      }
    }
    decisions.bytePlaces = Set(acceptBinary.map(\.place))
    return decisions
  }
}

/// `TABLE.COLUMN=ciphertext`, `=vector-last` or `=plain`.
struct BinaryColumn: ExpressibleByArgument, Equatable {
  typealias Contents = Survey.BinaryContents

  /// `TABLE.COLUMN`; either may contain dots of its own.
  let name: String
  let contents: Contents

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="),
      let contents = Contents(rawValue: argument[equals...].dropFirst().lowercased()),
      argument[..<equals].dropFirst().dropLast().contains(".")
    else { return nil }
    name = String(argument[..<equals])
    self.contents = contents
  }
}

/// `TABLE.PATH`.
struct BinaryPlace: ExpressibleByArgument, Equatable {
  let place: ValuePlace

  init?(argument: String) {
    // A table, a column and a property may have an empty name.
    guard argument.contains(".") else { return nil }
    place = ValuePlace(argument)
  }
}
