// A node config as a file that was read. Its bytes are here whether they are well-formed or not: a
// broken config has to be locked and edited, too.

package import Native

/// The file that holds a node's config, as it was when it was read.
package struct ConfigFile: Sendable {
  let contents: FileContents

  package var path: String { contents.path }
  /// The file itself: what `path` led to, if that is a symbolic link.
  package var target: String { contents.target }
  package var name: String {
    target.split(separator: "/").last.map(String.init) ?? "OctopusServer.config"
  }
  /// The folder in which it really is, where a relative store counts from.
  package var folder: String { FilePath(target).folder }
  /// The folder for what a rotation of this node keeps; its files belong to whom the config belongs.
  package var stateFolder: StateFolder { StateFolder(path: folder, owner: contents.status.owner) }
  package var bytes: [UInt8] { contents.bytes }
  package var owner: FileOwner { contents.status.owner }
  /// Its permission bits, such as 0o600.
  package var mode: UInt32 { contents.status.mode }
  /// Who else may read it, or put another file in its place.
  package var exposure: [ConfigFault] {
    get throws(ConfigError) { try FilePermissions.exposure(of: self) }
  }

  package static func read(_ path: String) throws(ConfigError) -> ConfigFile {
    try rethrow(
      as: ConfigError.native,
      ConfigFile(contents: FileContents.read(path, limit: XMLSpans.sizeLimit)))
  }

  package func settings() throws(ConfigError) -> NodeConfig {
    try NodeConfig(contents: bytes, path: path)
  }

  /// Fails where a rotation must be recovered first; for commands that ask before they lock.
  ///
  /// - Throws: `ConfigError.unfinishedRotation`, or `.locked` if that rotation is still at work.
  package func requireNoUnfinishedRotation() throws(ConfigError) {
    do {
      try stateFolder.requireNoJournal(of: path)
    } catch .unfinishedRotation {
      let lock = try stateFolder.lock(for: path)
      try stateFolder.requireNoJournal(of: path)
      _ = consume lock
    }
  }

  /// Fails where the file is no longer what was read; for whoever holds the lock.
  ///
  /// - Throws: `NativeError.changedMeanwhile`, wrapped.
  func requireUnchanged() throws(ConfigError) {
    guard try rethrow(as: ConfigError.native, contents.isCurrent()) else {
      throw .native(.changedMeanwhile(path: path))
    }
  }
}
