// The vendor's spelling of commands and options, rewritten to octokey's before parsing: scripts that call
// `Octopus.Server` keep working, and the help shows one spelling only.
//
// The vendor ignores the case of names, and takes a command and an option with `--`, `-` or `/` before it, the
// value of an option after `=`, `:` or as the next argument, and options before the command. A path begins with
// `/`, too: `/name` is an option only of a command that the vendor has, as those take no paths but as values.

struct VendorSpelling {
  private(set) var arguments: [String] = []
  private(set) var notes: [String] = []

  private enum Meaning {
    case option(String)
    case flag(String)
    /// A flag that is accepted without effect; the note says so where that matters.
    case dropped(note: String?)
    /// An option that is accepted without effect, with its value.
    case droppedOption
  }

  /// The vendor's names in lower case.
  private static let names: [String: Meaning] = [
    "masterkey": .option("--master-key"),
    "instance": .option("--instance"),
    "config": .option("--config"),
    "format": .option("--format"),
    "ireallywanttorotatemymasterkey": .flag("--i-really-want-to-rotate-my-master-key"),
    "ihavebackedupmydatabase": .flag("--i-have-backed-up-my-database"),
    "noninteractive": .flag("--non-interactive"),
    "start": .flag("--start"),
    "stop": .flag("--stop"),
    "restart": .flag("--restart"),
    "help": .flag("--help"),
    "?": .flag("--help"),
    "monitormutex": .droppedOption,
    "noconsolelogging": .dropped(note: nil),
    "console": .dropped(note: nil),
    "nologo": .dropped(note: nil),
    "skiplicensecheck": .dropped(note: nil),
    "upgradedatabase": .dropped(
      note: "--upgradeDatabase has no effect: octokey never changes a database schema"),
  ]

  /// octokey's options with a value: the argument after one of them is never rewritten.
  static let optionsWithValue: Set<String> = [
    "-c", "-f", "-i", "-k", "-s",
    "--accept-binary", "--binary-column", "--compare", "--config", "--container",
    "--deployment", "--expect-fingerprint", "--format",
    "--instance", "--instances-dir", "--key-file", "--key-size", "--live-node-age",
    "--machine-id-file", "--machine-key-file", "--master-key", "--new-key-file", "--odbc-driver",
    "--old-key-file", "--passphrase-file", "--state-dir", "--store", "--to", "--try-keys", "--unit",
    "--value-file",
  ]

  init(_ original: [String]) {
    // A shell asks for completions with words as they are, and the parser answers.
    if original.first?.hasPrefix("---") == true {
      arguments = original
      return
    }
    let (command, others) = VendorSpelling.split(original)
    arguments = command
    let isVendors = command.first.map { VendorCommands.own.contains($0) } ?? true
    let prefixes = isVendors ? ["--", "-", "/"] : ["--", "-"]
    var rest = others[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        arguments.append(argument)
        arguments += rest
        return
      }
      if rewrite(argument, prefixes, valueFollows: &rest) { continue }
      arguments.append(argument)
      if VendorSpelling.hasValueNext(argument) { takeValue(from: &rest) }
    }
  }

  /// The command in octokey's spelling, with its subcommand, and all other arguments, those before it first.
  private static func split(_ arguments: [String]) -> (command: [String], others: [String]) {
    var index = 0
    while index < arguments.count, arguments[index] != "--" {
      let argument = arguments[index]
      if let name = VendorCommands.name(argument) {
        let before = arguments[..<index]
        var (command, rest) = ([name], arguments[(index + 1)...])
        if let next = rest.first?.lowercased(), VendorCommands.subcommands(of: name).contains(next)
        {
          command.append(next)
          rest.removeFirst()
        }
        return (command, Array(before) + rest)
      }
      guard let takesNext = takesNext(argument) else { break }
      index += takesNext ? 2 : 1
    }
    return ([], arguments)
  }

  /// Whether an option before the command has the next argument as its value; nil for what is not an option.
  private static func takesNext(_ argument: String) -> Bool? {
    if hasValueNext(argument) { return true }
    guard let prefix = ["--", "-", "/"].first(where: argument.hasPrefix) else { return nil }
    let body = argument.dropFirst(prefix.count)
    let name = body.prefix { $0 != "=" && $0 != ":" }
    switch names[name.lowercased()] {
    case .option, .droppedOption: return name.endIndex == body.endIndex
    case .flag, .dropped: return false
    // `--name=VALUE`, or an option of octokey's alone. A path is not one.
    case nil: return prefix == "/" ? nil : false
    }
  }

  /// Whether `argument` is an option of octokey's whose value is the next one, such as `--store` or `-s`, or ends with one,
  /// as `-qs` does.
  private static func hasValueNext(_ argument: String) -> Bool {
    if optionsWithValue.contains(argument) { return true }
    return argument.wholeMatch(of: /-[hnqvy]+([a-z])/).map { optionsWithValue.contains("-\($0.1)") }
      ?? false
  }

  /// Rewrites `argument`; false if it is not one of the vendor's.
  private mutating func rewrite(
    _ argument: String, _ prefixes: [String], valueFollows rest: inout ArraySlice<String>
  ) -> Bool {
    guard let prefix = prefixes.first(where: argument.hasPrefix) else { return false }
    let body = argument.dropFirst(prefix.count)
    let name = body.prefix { $0 != "=" && $0 != ":" }
    let value = name.endIndex == body.endIndex ? nil : body[name.endIndex...].dropFirst()
    guard let meaning = VendorSpelling.names[name.lowercased()] else { return false }
    switch (meaning, value) {
    case (.option(let option), let value?): arguments.append("\(option)=\(value)")
    case (.option(let option), nil):
      arguments.append(option)
      takeValue(from: &rest)
    case (.droppedOption, .some): break
    case (.droppedOption, nil): if rest.first != "--" { _ = rest.popFirst() }
    case (.flag(let flag), nil): arguments.append(flag)
    case (.dropped(let note), nil):
      if let note { notes.append(note) }
    case (.flag, .some), (.dropped, .some):
      // `--iHaveBackedUpMyDatabase=false` must not confirm anything: the parser refuses it.
      return false
    }
    return true
  }

  private mutating func takeValue(from rest: inout ArraySlice<String>) {
    // `--instance --` has no value: what follows `--` stays as it is.
    if let value = rest.first, value != "--" {
      arguments.append(value)
      rest.removeFirst()
    }
  }
}
