// The ways to give a command a Master Key. A file, standard input and a prompt keep it out of argument
// lists and logs; a value among the arguments exists for the vendor's scripts.

import Native
import OctopusKeys

enum KeySource: Equatable {
  case file(String)
  /// A key file's text on standard input.
  case standardInput
  /// Base64 in an argument.
  case value(String)
  /// A prompt on the terminal, without echo; `option` makes it unnecessary.
  case prompt(String, option: String)

  /// Whether the key can be read from there again.
  func isLasting(_ context: Context) throws -> Bool {
    guard case .file(let path) = self else { return false }
    // `/dev/fd/63` of a shell ends with the shell.
    let absolute = try context.absolutePath(path)
    return try !absolute.hasPrefix("/dev/") && !absolute.hasPrefix("/proc/")
      && FileStatus.read(absolute).kind == .regular
  }

  init(file: String) { self = file == "-" ? .standardInput : .file(file) }

  /// Reads a key that nothing is encrypted under yet.
  func readNew(allowWeak: Bool, _ context: Context) throws -> MasterKey {
    let key = try read(context)
    try key.requireFitForNew(from: name)
    if !allowWeak { try key.requireStrong(from: name) }
    return key
  }

  var name: String {
    switch self {
    case .file(let path): path
    case .standardInput: "standard input"
    case .value: "--master-key"
    case .prompt: "the answer"
    }
  }

  func read(_ context: Context) throws -> MasterKey {
    switch self {
    case .file(let path):
      try context.console.warnIfExposed(path, holding: "a key")
      return try KeyFile.read(path) { noteFound(inLine: $0, context) }
    case .standardInput: return try KeyFile.readStandardInput { noteFound(inLine: $0, context) }
    case .value(let text):
      context.console.warning(
        "the Master Key was on the command line, where other users and logs can see it",
        hint: "pass it in a file, or type it at the prompt")
      return try MasterKey(base64: Array(text.utf8).span, source: name)
    case .prompt(let question, let option):
      // Spaces around it are ignored.
      let answer = try context.console.askSecret(question, option: option)
      return try KeyFile.parse(answer, source: name)
    }
  }

  private func noteFound(inLine line: Int, _ context: Context) {
    context.console.note(
      "\(name.quoted) is not a key file; it contains one possible key, in line \(line), which is used"
    )
  }
}
