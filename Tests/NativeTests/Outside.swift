// What tests need from the world: a folder of their own and other people's programs.

import Foundation

/// A folder that goes when the test does.
final class ScratchFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "octokey-test-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ contents: [UInt8]? = nil, mode: mode_t = 0o600) -> String {
    let file = path + "/" + name
    if let contents {
      _ = FileManager.default.createFile(atPath: file, contents: Data(contents))
      chmod(file, mode)
    }
    return file
  }

  /// The names in the folder, hidden ones included.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// Other people's programs.
enum Outside {
  struct Failed: Error { let status: Int32, errors: String }

  /// Runs a program of the search path to its end and gives what it wrote.
  static func run(_ words: String..., input: [UInt8] = []) throws -> [UInt8] {
    let folder = ScratchFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    // Files, because a full pipe would stop both sides.
    let output = folder.file("output", [])
    let errors = folder.file("errors", [])
    process.standardInput = FileHandle(forReadingAtPath: folder.file("input", input))
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(status: process.terminationStatus, errors: text(bytes(errors)))
    }
    return bytes(output)
  }

  static func bytes(_ path: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: path) ?? Data())
  }

  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  static func unhex(_ text: some StringProtocol) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  static func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max) }
  }
}
