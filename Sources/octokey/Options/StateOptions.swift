// Where a rotation without a node config keeps its files.

import ArgumentParser
import Native
import OctopusKeys

struct StateOptions: ParsableArguments {
  @Option(
    help: .init(
      "The folder for lock, journal, key file and report if no node's config is on this machine, as in "
        + "a cluster or with nodes on Windows.", valueName: "dir"), completion: Completions.folder)
  var stateDir: String?

  /// - Throws: `ValidationError` if the options select a config, too.
  func requireAlone(_ node: NodeOptions) throws {
    guard stateDir == nil || (node.config == nil && node.instance == nil) else {
      throw ValidationError(
        "--state-dir is for a rotation without a config; --config and --instance do not work with it"
      )
    }
  }

  /// The folder if one was named, else the node.
  ///
  /// - Parameter half: see `NodeOptions.open`.
  func open(
    _ node: NodeOptions, half: Bool = false, _ context: Context
  ) throws -> OpenedTarget {
    if let folder = try folder(context) { return .folder(folder) }
    return .node(try node.open(context, half: half))
  }

  /// The folder, if one was named.
  func folder(_ context: Context) throws -> StateFolder? {
    guard let stateDir else { return nil }
    let folder = try StateFolder(path: context.absolutePath(stateDir))
    context.audit[.stateFolder] = folder.path
    return folder
  }
}

/// What a command works on: a node with its config, or a state folder.
enum OpenedTarget {
  case node(OpenedNode)
  case folder(StateFolder)

  var node: OpenedNode? {
    switch self {
    case .node(let node): node
    case .folder: nil
    }
  }

  /// Locks what a backup copies: nothing is changed there, so others may be able to put files into it.
  func lockForCopying() throws -> CopyLock {
    switch self {
    case .node(let node):
      return .config(try .lock(node.file, keepsDrafts: true, isCopied: true))
    case .folder(let folder):
      let place = NodePlace.stateFolder(folder.path)
      let lock = try folder.lock(for: place, mayBeOpen: true)
      try folder.requireNoJournal(of: place)
      return .folder(lock)
    }
  }

  var target: RotationTarget {
    switch self {
    case .node(let node): .node(node.file, node.machineKeys)
    case .folder(let folder): .folder(folder)
    }
  }
}

enum CopyLock: ~Copyable {
  case config(LockedConfigFile)
  case folder(FileLock)
}
