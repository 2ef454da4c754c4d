// The options that several commands share. Values are checked here as far as possible without reading
// a file.

import ArgumentParser
import OctopusKeys
import Stores

/// Where the instances of this machine are registered.
struct RegistryOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of the instance register.", valueName: "dir"))
  var instancesDir = "/etc/octopus/OctopusServer/Instances"

  func registry(_ context: Context) -> InstanceRegistry {
    InstanceRegistry(folder: context.absolutePath(instancesDir))
  }
}

/// Which node, and whose machine.
struct NodeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The instance of this machine to work on.", valueName: "name"))
  var instance: String?

  @Option(help: ArgumentHelp("The node's OctopusServer.config.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp("The identity that protects the node's secrets.", valueName: "file"))
  var machineIdFile = "/etc/machine-id"

  @Option(
    help: ArgumentHelp(
      "The key that protects them where there is no machine id.", valueName: "file"))
  var machineKeyFile = "/etc/octopus/machinekey"

  @OptionGroup(title: "Node options") var registry: RegistryOptions

  func validate() throws {
    if instance != nil, config != nil {
      throw ValidationError("--instance and --config are two ways to say the same, give one")
    }
  }
}

/// Which store.
struct StoreOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the documents are: sqlite:PATH, directory:PATH, sqlserver:CONNECTION-STRING or "
        + "odbc:CONNECTION-STRING (default: what the node's config says).", valueName: "location"))
  var store: String?

  @Option(
    help: ArgumentHelp(
      "The ODBC driver for SQL Server: a name in odbcinst.ini or the path of a library (default: "
        + "Microsoft's, else FreeTDS).", valueName: "driver"))
  var odbcDriver: String?

  func validate() throws {
    guard let store else { return }
    do {
      _ = try StoreLocation(store, relativeTo: ".")
    } catch {
      let failure = Failure(error)
      throw ValidationError("\(failure.message): \(locationForms)")
    }
  }
}

/// A key given by the user.
struct KeyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file that holds the Master Key; - is standard input.", valueName: "file"))
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "The Master Key itself. Other users of the machine can read it there; better use "
        + "--key-file.", valueName: "value"))
  var masterKey: String?

  func validate() throws {
    if keyFile != nil, masterKey != nil {
      throw ValidationError("--key-file and --master-key are two keys, give one")
    }
  }

  /// Where to read the key, or nil if none was given: the caller asks for it, or takes the config's.
  func source(_ context: Context) -> KeySource? {
    if let keyFile { return KeySource(file: keyFile) }
    if let masterKey { return .value(masterKey) }
    guard let path = context.environment["OCTOKEY_MASTER_KEY_FILE"], !path.isEmpty else {
      return nil
    }
    return .file(path)
  }
}

/// The format of the output, and whether the user can be asked.
struct OutputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How data is printed: text or json.", valueName: "format"))
  var format = OutputFormat.text

  @Flag(help: "No notes and no progress; warnings and errors stay.")
  var quiet = false

  @Flag(help: "Never ask: fail where an answer is missing.")
  var nonInteractive = false
}

/// The shapes of data on stdout.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json

  /// The vendor accepts `JSON` as well.
  init?(argument: String) { self.init(rawValue: argument.lowercased()) }
}

/// The size of a Master Key in bits as an argument.
struct KeySize: ExpressibleByArgument, Equatable {
  /// The size that a new server generates.
  static let standard = KeySize(size: .bits256)

  let size: MasterKey.Size

  private init(size: MasterKey.Size) { self.size = size }

  init?(argument: String) {
    guard let bits = Int(argument), let size = MasterKey.Size(rawValue: bits) else { return nil }
    self.size = size
  }

  static var allValueStrings: [String] { MasterKey.Size.allCases.map { String($0.rawValue) } }
  var defaultValueDescription: String { String(size.rawValue) }
}

/// A fingerprint as an argument.
struct ExpectedFingerprint: ExpressibleByArgument {
  let fingerprint: KeyFingerprint

  init?(argument: String) {
    guard let fingerprint = KeyFingerprint(argument) else { return nil }
    self.fingerprint = fingerprint
  }
}

/// What binary columns hold, where octokey cannot tell.
struct BinaryColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Say what a binary column holds: TABLE.COLUMN=ciphertext or TABLE.COLUMN=plain. May be "
        + "given more than once.", valueName: "column"))
  var binaryColumn: [BinaryColumn] = []

  func validate() throws { _ = try decisions() }

  /// What was decided, by column; wrong usage if one column is decided in two ways.
  func decisions() throws -> [Survey.BinaryField: Survey.BinaryContents] {
    var decisions: [Survey.BinaryField: Survey.BinaryContents] = [:]
    for column in binaryColumn {
      let field = Survey.BinaryField(collection: column.table, field: column.column)
      let contents: Survey.BinaryContents = column.contents == .plain ? .plain : .ciphertext
      if let other = decisions.updateValue(contents, forKey: field), other != contents {
        let name = "\(column.table).\(column.column)"
        throw ValidationError("--binary-column says two things about \(name.quoted)")
      }
    }
    return decisions
  }
}

/// `TABLE.COLUMN=ciphertext` or `TABLE.COLUMN=plain`.
struct BinaryColumn: ExpressibleByArgument, Equatable {
  /// What a binary column holds.
  enum Contents: String {
    case ciphertext, plain
  }

  let table: String
  let column: String
  let contents: Contents

  /// A table's name may contain dots (`dbo.Blob`); the column follows the last one.
  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="),
      let contents = Contents(rawValue: argument[equals...].dropFirst().lowercased()),
      let dot = argument[..<equals].lastIndex(of: ".")
    else { return nil }
    table = String(argument[..<dot])
    column = String(argument[dot..<equals].dropFirst())
    self.contents = contents
    if table.isEmpty || column.isEmpty { return nil }
  }
}
