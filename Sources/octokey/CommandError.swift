// What can go wrong between the command line and the rooms below. Words are in Failures/.

/// A failure of a command itself.
enum CommandError: Error, Equatable {
  /// ^C at a question.
  case cancelled
  /// A question was answered with no.
  case declined
  /// Something has to be asked and cannot be; `option` would have answered it.
  case cannotAsk(option: String, reason: Unaskable)
  /// Data did not get out of stdout.
  case outputFailed(errno: Int32)

  /// Why nobody can be asked.
  enum Unaskable: Equatable {
    case nonInteractive, noTerminal
  }
}
