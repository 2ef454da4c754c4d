// Runs the built program like a user or a script: arguments, stdin and environment in; stdout,
// stderr and exit code out.

import Foundation
import Outside

enum OctokeyProgram {
  /// The built program, beside the test bundle.
  static var path: String {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests ?? "").deletingLastPathComponent()
      .appendingPathComponent("octokey").path
  }

  /// Runs octokey in a session of its own, so that it has no terminal.
  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    directory: String? = nil
  ) async throws -> Ending {
    try await runProgram(
      path, arguments, input: input, environment: environment, directory: directory,
      hasTerminal: false)
  }

  /// Runs another program, found on the PATH, with the path to octokey in `OCTOKEY` and its folder
  /// first on the `PATH`.
  static func runProgram(
    _ program: String, _ arguments: [String], input: String = "",
    environment: [String: String] = [:], directory: String? = nil, hasTerminal: Bool = true,
    limit: Int = Outside.limit
  ) async throws -> Ending {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let environment = ["PATH": folder + ":" + Outside.search, "OCTOKEY": path].merging(environment)
    { $1 }
    // On a separate thread, so that the tests' threads are not blocked.
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            try Outside.end(
              [program] + arguments, input: [UInt8](input.utf8), environment: environment,
              directory: directory, hasTerminal: hasTerminal, limit: limit)
          })
      }
    }
  }
}
