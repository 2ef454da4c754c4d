import Foundation

/// Runs a program found on the PATH with `input` and returns what it printed.
///
/// Files and not pipes: tests run in parallel, and a child that inherits the other end of another
/// child's pipe keeps it waiting for ever.
func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let (given, printed) = (folder.appendingPathComponent("in"), folder.appendingPathComponent("out"))
  try input.write(to: given)
  try Data().write(to: printed)
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  process.standardInput = try FileHandle(forReadingFrom: given)
  process.standardOutput = try FileHandle(forWritingTo: printed)
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw ProgramFailed(program: program) }
  return try Data(contentsOf: printed)
}

struct ProgramFailed: Error {
  let program: String
}
