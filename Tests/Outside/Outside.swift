// What tests need from the world: a folder of their own and other people's programs.

import Foundation

/// A folder that goes when the test does.
package final class ScratchFolder: Sendable {
  package let path: String

  package init() {
    path = NSTemporaryDirectory() + "octokey-test-" + UUID().uuidString
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

  /// Seconds after which a program that hangs is ended; its status is 124 or 137 then.
  package static let limit = 100

  /// Tests run in parallel, all of them at once. With as many programs at once what waits for a limited
  /// time waits in vain, and with more than a thousand open files Foundation's Process crashes.
  private static let places = DispatchSemaphore(
    value: 2 * ProcessInfo.processInfo.activeProcessorCount)

  /// Runs a program of the search path to its end, in whatever way it ends.
  package static func end(
    _ words: [String], input: [UInt8] = [], environment: [String: String] = [:],
    directory: String? = nil
  ) throws -> Ending {
    places.wait()
    defer { places.signal() }
    // Files and not pipes: tests run in parallel, and a child that inherits the other end of another
    // child's pipe keeps it waiting for ever.
    let folder = ScratchFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "-k", "5", "\(limit)"] + words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let output = folder.file("output", [])
    let errors = folder.file("errors", [])
    let files = [
      FileHandle(forReadingAtPath: folder.file("input", input)),
      FileHandle(forWritingAtPath: output), FileHandle(forWritingAtPath: errors),
    ]
    defer { for file in files { try? file?.close() } }
    process.standardInput = files[0]
    process.standardOutput = files[1]
    process.standardError = files[2]
    // The threads that run tests have signals blocked, and a child inherits that.
    var none = sigset_t()
    var mask = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &mask)
    defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
    try process.run()
    process.waitUntilExit()
    return Ending(
      status: process.terminationStatus, output: bytes(output), stderr: text(bytes(errors)))
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

  package static func bytes(_ path: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: path) ?? Data())
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
