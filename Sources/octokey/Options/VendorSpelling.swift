// The vendor's spelling of options, rewritten to octokey's before parsing: scripts that call
// `Octopus.Server` keep working, and the help shows one spelling only.
//
// The vendor accepts `--name=VALUE`, `--name:VALUE` and `--name VALUE`, each with `--`, `-` or `/`, and
// ignores the case of names. A path begins with `/`, too: `/name` is an option only if it is exactly
// one of the names below, and has a value only after `=` or `:`; and never after `config`, a command
// that the vendor lacks.

struct VendorSpelling {
  private(set) var arguments: [String] = []
  private(set) var notes: [String] = []

  private enum Meaning {
    case option(String)
    case flag(String)
    /// A flag that is accepted without effect; the note says so where that matters.
    case dropped(note: String?)
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
    "console": .dropped(note: nil),
    "nologo": .dropped(note: nil),
    "skiplicensecheck": .dropped(note: nil),
    "upgradedatabase": .dropped(
      note: "--upgradeDatabase has no effect, octokey never changes the layout of a database"),
  ]

  /// octokey's options with a value: the argument after one of them is never rewritten.
  static let optionsWithValue: Set<String> = [
    "--accept-binary", "--binary-column", "--compare", "--config", "--container",
    "--expect-fingerprint", "--format",
    "--instance", "--instances-dir", "--key-file", "--key-size", "--live-node-age",
    "--machine-id-file", "--machine-key-file", "--master-key", "--new-key-file", "--odbc-driver",
    "--old-key-file", "--passphrase-file", "--store", "--to", "--try-keys", "--unit",
    "--value-file",
  ]

  init(_ original: [String]) {
    // The value of a setting may be a path that equals one of the names.
    let prefixes = original.first == "config" ? ["--", "-"] : ["--", "-", "/"]
    var rest = original[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        arguments.append(argument)
        arguments += rest
        return
      }
      if rewrite(argument, prefixes, valueFollows: &rest) { continue }
      arguments.append(argument)
      if VendorSpelling.optionsWithValue.contains(argument) { takeValue(from: &rest) }
    }
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
      if prefix == "/" { return false }
      arguments.append(option)
      takeValue(from: &rest)
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
