import Foundation

/// Runs a program found on the PATH with `input` and returns what it printed.
func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  let standardInput = Pipe()
  let standardOutput = Pipe()
  process.standardInput = standardInput
  process.standardOutput = standardOutput
  try process.run()
  // A program may print before it has read everything: both at once.
  let writer = Thread {
    try? standardInput.fileHandleForWriting.write(contentsOf: input)
    try? standardInput.fileHandleForWriting.close()
  }
  writer.start()
  let output = standardOutput.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw ProgramFailed(program: program) }
  return output
}

struct ProgramFailed: Error {
  let program: String
}
