// The message for every failure. Each module's error type has one switch without a default, so that the
// compiler demands the message of a new case.
//
// A message is one sentence in lower case without a full stop that names the file, option or table
// in double quotes; a hint says what to do. Neither ever holds a secret or the contents of a
// document. See Console.swift for the rules.

import Native
import OctopusKeys

struct Failure {
  let message: String
  let hint: String?
  let status: ExitStatus

  init(_ message: String, hint: String? = nil, status: ExitStatus = .failed) {
    self.message = message
    self.hint = hint
    self.status = status
  }

  init(describing error: any Error) {
    switch error {
    case let error as CommandError: self.init(error)
    case let error as KeyError: self.init(error)
    case let error as ConfigError: self.init(error)
    case let error as RotationError: self.init(error)
    case let error as BackupError: self.init(error)
    case let error as StoreError: self.init(error)
    case let error as NativeError: self.init(error)
    // Only a bug gets here. The exit code is right nevertheless: `Ending` knows whether a change was made.
    default:
      self.init(
        "unexpected error of type \(type(of: error))",
        hint: "this is a bug in octokey, please report it")
    }
  }

  /// A signal that came before anything was changed, or whose run was rolled back.
  init(stoppedBy signal: String) { self.init("stopped by \(signal), nothing was changed") }
}

let rightUser = "run octokey as the user that Octopus Server runs as, or as root"

/// A hint that needs another step first ends in `, then ` and this.
let runAgain = "run the command again"

let moreRoom = "free space on the device, then \(runAgain)"

func systemText(_ number: Int32) -> String { clause(SystemErrorKind.text(errno: number)) }

/// A library's sentence as the end of a message: no capital, no full stop, one line.
func clause(_ text: String) -> String {
  var text = text
  while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
  // `JSON` and `I/O` keep their capitals.
  let second = text.dropFirst().first
  if let second, second.isLowercase || second == " " {
    text = text.prefix(1).lowercased() + text.dropFirst()
  }
  return text
}
