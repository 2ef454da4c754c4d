// A node in its own folder, made by samples/make_node.py, and independent tools to examine it.

import Foundation
import Outside

/// A sample node, removed at the end of the test.
final class SampleNode: Sendable {
  let folder: String
  var config: String { folder + "/OctopusServer.config" }
  var database: String { folder + "/octopus.db" }
  var machineID: String { folder + "/machine-id" }

  /// samples/make_node.py of this checkout.
  static var maker: String { repositoryPath + "/samples/make_node.py" }

  /// The folder of all tests of this checkout.
  static var tests: String { repositoryPath + "/Tests" }

  /// Makes a node; `options` are make_node.py's.
  init(_ options: [String] = ["--documents", "200"]) async throws {
    folder = NSTemporaryDirectory() + "octokey-node-" + UUID().uuidString
    let template = try await SampleNode.templates.folder(for: options)
    // The config names its own folder.
    let copy = "cp -a \(template) \(folder) && sed -i 's#\(template)#\(folder)#' \(folder)/*.config"
    let result = try await OctokeyProgram.runProgram("sh", ["-c", copy])
    guard result.status == 0 else { throw Failed(text: result.stderr) }
  }

  private static let templates = Templates()

  /// One node for each choice of options, made when it is first wanted and then copied.
  private actor Templates {
    private let scratch = ScratchFolder()
    private var made: [[String]: Task<String, any Error>] = [:]

    func folder(for options: [String]) async throws -> String {
      if let task = made[options] { return try await task.value }
      let folder = scratch.path + "/\(made.count)"
      let task = Task {
        let result = try await OctokeyProgram.runProgram(
          "python3", [SampleNode.maker] + options + [folder])
        guard result.status == 0 else { throw Failed(text: result.stderr) }
        return folder
      }
      made[options] = task
      return try await task.value
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  struct Failed: Error {
    let text: String
  }

  /// Runs a command of octokey on this node.
  func octokey(_ arguments: String..., input: String = "") async throws -> Ending {
    let command = arguments.prefix(arguments[0] == "backup" ? 2 : 1)
    return try await OctokeyProgram.run(
      command + [
        "--config", config, "--machine-id-file", machineID,
        "--machine-key-file", folder + "/machinekey",
      ] + arguments.dropFirst(command.count), input: input)
  }

  /// Kills a rotation at a call of `call`; `options` are more of the command's, and more shell. Its journal is
  /// there afterwards.
  func interruptRotation(_ call: String, _ number: Int, _ options: String = "") async throws {
    try await shell(
      """
      strace -f -qq -o /dev/null -e trace=\(call) -e inject=\(call):signal=KILL:when=\(number) \\
        "$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
        --machine-id-file machine-id --machine-key-file machinekey \(options) >/dev/null 2>&1 \\
        && exit 1 || true
      test -e octokey-journal.json
      """)
  }

  /// Runs SQL with the sqlite3 program.
  @discardableResult
  func sql(_ statement: String) async throws -> String {
    let result = try await OctokeyProgram.runProgram(
      "sqlite3", [database, statement])
    guard result.status == 0 else { throw Failed(text: result.stderr) }
    return String(result.stdout.dropLast())
  }

  /// Runs a shell script in the node's folder.
  @discardableResult
  func shell(_ script: String) async throws -> String {
    let result = try await OctokeyProgram.runProgram(
      "bash", ["-euo", "pipefail", "-c", script], directory: folder)
    guard result.status == 0 else { throw Failed(text: result.stderr) }
    return result.stdout
  }

  /// The names in the folder with this prefix.
  func files(_ prefix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(prefix) }
      .sorted()
  }

  func text(_ name: String) throws -> String {
    String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)), as: UTF8.self)
  }
}
