// What tests need from the world: a folder of their own and other people's programs.

import Dispatch
import Foundation

/// The folder of the project: what tests run lies there, too.
package let repositoryPath = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

/// A folder that goes when the test does.
package final class ScratchFolder: Sendable {
  package let path: String

  package init(in folder: String = NSTemporaryDirectory()) {
    path = folder + (folder.hasSuffix("/") ? "" : "/") + "octokey-test-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in the folder; with contents, a file is made there.
  package func file(_ name: String, _ contents: [UInt8]? = nil, mode: mode_t = 0o600) -> String {
    let file = path + "/" + name
    if let contents {
      _ = FileManager.default.createFile(atPath: file, contents: Data(contents))
      chmod(file, mode)
    }
    return file
  }

  /// The names in the folder, hidden ones included.
  package var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// How a run of a program ended.
package struct Ending: Sendable {
  package let status: Int32
  package let output: [UInt8]
  package let stderr: String

  package var stdout: String { String(decoding: output, as: UTF8.self) }
}

/// Other people's programs.
package enum Outside {
  package struct Failed: Error {
    package let status: Int32
    package let errors: String
  }

  /// Seconds after which a program that hangs is ended; its status is 124 or 137 then. A sanitizer's takes longer.
  package static let limit =
    ProcessInfo.processInfo.environment["OUTSIDE_SECONDS"].flatMap { Int($0) } ?? 100

  /// The search path: Debian's own programs first. A python3 of a version manager takes five times as
  /// long to start, and tests start some hundred.
  package static let search =
    "/usr/bin:/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")

  /// Runs a program of the search path to its end, in whatever way it ends.
  ///
  /// - Parameters:
  ///   - hasTerminal: false for a program that must not find the terminal of whoever runs the tests: it gets a session
  ///     of its own.
  ///   - limit: in seconds, see the property.
  package static func end(
    _ words: [String], input: [UInt8] = [], environment: [String: String] = [:],
    directory: String? = nil, hasTerminal: Bool = true, limit: Int = limit
  ) throws -> Ending {
    // Files and not pipes: tests run in parallel, and a child that inherits the other end of another
    // child's pipe keeps it waiting for ever.
    let folder = ScratchFolder()
    let (output, errors) = (folder.file("output", []), folder.file("errors", []))
    let streams = [folder.file("input", input), output, errors]
    // More children at once would only wait for one another, and their time limits with them.
    crowd.wait()
    defer { crowd.signal() }
    let variables = ProcessInfo.processInfo.environment.merging(["PATH": search]) { $1 }
      .merging(environment) { $1 }
    let child = try spawn(
      (directory.map { ["env", "--chdir=" + $0] } ?? []) + ["timeout"]
        + (hasTerminal ? [] : ["--foreground"]) + ["-k", "5", "\(limit)"] + words, streams,
      variables, ownSession: !hasTerminal)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    // As a shell has it: 128 and more for a signal.
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return Ending(status: code, output: bytes(output), stderr: text(bytes(errors)))
  }

  private static let crowd = DispatchSemaphore(
    value: max(4, 2 * ProcessInfo.processInfo.activeProcessorCount))

  /// Starts a program. Foundation's `Process` does not stand many threads that start one at once.
  private static func spawn(
    _ words: [String], _ streams: [String], _ variables: [String: String],
    ownSession: Bool = false
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, path) in streams.enumerated() {
      posix_spawn_file_actions_addopen(
        &actions, Int32(number), path, number == 0 ? O_RDONLY : O_WRONLY, 0)
    }
    // The threads that run tests have signals blocked, and a child inherits that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var standard = sigset_t()
    sigemptyset(&standard)
    sigaddset(&standard, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &standard)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (ownSession ? 0x80 : 0)))  // SETSID
    let arguments = words.map { strdup($0) } + [nil]
    let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + environment).forEach { free($0) } }
    var child = pid_t()
    let result = posix_spawnp(&child, words[0], &actions, &attributes, arguments, environment)
    guard result == 0 else {
      throw Failed(status: result, errors: "cannot start \(words[0])")
    }
    return child
  }

  /// Starts a program of the search path that goes on by itself, deaf and dumb.
  package static func start(_ words: [String], input: String = "/dev/null") throws {
    let variables = ProcessInfo.processInfo.environment
    _ = try spawn(words, [input, "/dev/null", "/dev/null"], variables)
  }

  /// Runs a program of the search path to its end and gives what it wrote.
  ///
  /// - Throws: `Failed` unless it ends with 0.
  @discardableResult
  package static func run(
    _ words: [String], input: [UInt8] = [], directory: String? = nil
  ) throws -> [UInt8] {
    let ending = try end(words, input: input, directory: directory)
    guard ending.status == 0 else { throw Failed(status: ending.status, errors: ending.stderr) }
    return ending.output
  }

  @discardableResult
  package static func run(_ words: String..., input: [UInt8] = []) throws -> [UInt8] {
    try run(words, input: input)
  }

  /// The contents of a file; empty if it cannot be read. (Foundation's reading leaks a buffer.)
  package static func bytes(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      bytes += chunk[..<count]
    }
    return bytes
  }

  package static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  package static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  package static func unhex(_ text: some StringProtocol) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  package static func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max) }
  }
}
