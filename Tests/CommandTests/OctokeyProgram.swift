// Runs the built program as a person or a script would: arguments, stdin and environment in; stdout,
// stderr and exit code out.

import Foundation

/// How a run of a program ended.
struct ProgramResult {
  let stdout: String
  let stderr: String
  let status: Int32
}

enum OctokeyProgram {
  /// The built program; it lies beside the test bundle.
  static var path: String {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests ?? "").deletingLastPathComponent()
      .appendingPathComponent("octokey").path
  }

  /// Runs octokey. Without a terminal: it is in a session of its own.
  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    directory: String? = nil
  ) async throws -> ProgramResult {
    try await runProgram(
      "/usr/bin/setsid", ["-w", path] + arguments, input: input, environment: environment,
      directory: directory)
  }

  /// Runs another program, with the path to octokey in `OCTOKEY`.
  static func runProgram(
    _ program: String, _ arguments: [String], input: String = "",
    environment: [String: String] = [:], directory: String? = nil
  ) async throws -> ProgramResult {
    // A program that ends before it has read all its input must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment =
      ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "OCTOKEY": path]
      .merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    try process.run()
    // All three at once: a pipe that nobody empties or fills stops the program.
    async let written: Void = inBackground {
      try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try? stdin.fileHandleForWriting.close()
    }
    async let output = inBackground { stdout.fileHandleForReading.readDataToEndOfFile() }
    async let errors = inBackground { stderr.fileHandleForReading.readDataToEndOfFile() }
    let result = await (written, output, errors)
    await inBackground { process.waitUntilExit() }
    return ProgramResult(
      stdout: String(decoding: result.1, as: UTF8.self),
      stderr: String(decoding: result.2, as: UTF8.self), status: process.terminationStatus)
  }

  /// Waits on a thread that may wait, so that the tests' own threads go on.
  private static func inBackground<Result: Sendable>(
    _ work: @escaping @Sendable () -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: work()) }
    }
  }
}
