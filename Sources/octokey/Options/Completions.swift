// What a shell completes: the settings of the config at hand, the instances of this machine, files and folders.
// Nothing is printed while the user types: what cannot be read is not offered.

import ArgumentParser
import Native
import OctopusKeys

enum Completions {
  static let file = CompletionKind.file()
  static let folder = CompletionKind.directory

  /// The names of settings: those in the config that the line names, and those that the server knows.
  static let settings = CompletionKind.custom { (words, _, _) in
    let known = KnownSetting.all.map(\.name)
    guard let config = try? node(in: words).config() else { return known }
    return Set(config.entries.map(\.key) + known).sorted()
  }

  static let instances = CompletionKind.custom { (words, _, _) in
    let records = try? InstanceRegistry(folder: node(in: words).folder).records()
    return (records?.instances ?? []).map(\.name)
  }

  private struct Node {
    let file: String?
    let instance: String?
    let folder: String

    func config() throws -> NodeConfig {
      let path = try InstanceRegistry(folder: folder).configPath(
        instance: instance, config: file, workingDirectory: try? ProcessStart.workingDirectory(),
        note: { _ in })
      return try ConfigFile.read(path).settings()
    }
  }

  private static func node(in words: [String]) throws -> Node {
    Node(
      file: value(of: ["--config", "-c"], in: words) ?? ProcessStart.environment["OCTOKEY_CONFIG"],
      instance: value(of: ["--instance", "-i"], in: words),
      folder: value(of: ["--instances-dir"], in: words) ?? RegistryOptions.defaultFolder)
  }

  /// The value of an option in a line that need not be complete.
  private static func value(of names: [String], in words: [String]) -> String? {
    for (index, word) in words.enumerated() {
      for name in names {
        if word == name, index + 1 < words.count { return words[index + 1] }
        if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
      }
    }
    return nil
  }
}
