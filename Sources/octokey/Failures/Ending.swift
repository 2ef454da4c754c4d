// How a run of a command ended, whatever became of its output.

import Native

/// How a command ended. The rule for 1, "nothing was changed", is here and nowhere else:
///
/// - A failure after a change is "done in part", 2. So are the codes that promise, like 1, that nothing was
///   changed (4, 64 and 130). An unfinished rotation stays one: 3 says what to do next.
/// - Output that could not be written is a failure of a command that has changed nothing. Where its
///   reader has closed the pipe, the process ends by SIGPIPE like other programs.
/// - After a change it is a warning: the exit code and the log say what was done.
struct Ending: Equatable {
  private(set) var status: ExitStatus
  /// Something was changed, and something that belongs to it failed.
  private(set) var isPartial = false
  /// The reader of standard output has gone, and that is all that there is to say.
  private(set) var isByBrokenPipe = false
  private var hasFailed = false

  /// The exit code, as a shell shows it.
  var code: Int32 { isByBrokenPipe ? 141 : status.rawValue }

  /// A command that returned.
  init(_ status: ExitStatus) { self.status = status }

  /// A command that failed with `failure`.
  init(_ failure: Failure, afterChange hasChanged: Bool) {
    // A failure with the code 2 knows by itself that it came after a change.
    let isPartial = hasChanged || failure.status == .incomplete
    status = isPartial && failure.status != .unfinishedRotation ? .incomplete : failure.status
    self.isPartial = isPartial && status == .incomplete
    hasFailed = true
  }

  /// Notes that output could not be written.
  ///
  /// - Parameter mayEndByPipe: whether a closed pipe ends the process; not if its caller ignores SIGPIPE.
  mutating func loseOutput(
    _ error: NativeError, afterChange hasChanged: Bool, mayEndByPipe: Bool
  ) {
    if hasChanged || hasFailed { return }
    (status, hasFailed) = (.failed, true)
    guard mayEndByPipe, case .system(_, _, let number) = error else { return }
    isByBrokenPipe = SystemErrorKind(errno: number) == .brokenPipe
  }

  /// The outcome in the system's log and in JSON.
  var outcome: Outcome { isPartial ? .partial : Outcome(status) }
}
