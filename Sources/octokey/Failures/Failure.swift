// The words for every failure. Each room's error type has one switch without a default, so that the
// compiler asks for the words of a new case.
//
// A message is one sentence in lower case without a full stop that names the file, option or table
// in double quotes; a hint says what to do. Neither ever holds a secret or the contents of a
// document. See Console.swift for the voice.

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
    default: self.init("unexpected error of type \(type(of: error))")
    }
  }

  /// A signal that came before anything was changed, or whose run was rolled back.
  init(stoppedBy signal: String) { self.init("stopped by \(signal), nothing was changed") }
}

let rightUser = "run octokey as the user that Octopus Server runs as, or as root"

/// Where something else must be done first, a hint ends in `, then ` and this.
let runAgain = "run the command again"

let moreRoom = "make room on the device, then \(runAgain)"

func systemText(_ number: Int32) -> String { clause(SystemErrorKind.text(errno: number)) }

/// A sentence of a library's as the end of one of ours: no capital, no full stop, one line.
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
