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
  /// Whether only root and the user that octokey runs as can have written it.
  package var isOursAlone: Bool { contents.status.isOursAlone }
  /// Its permission bits, such as 0o600.
  package var mode: UInt32 { contents.status.mode }
  /// Who else may read it, or put another file in its place.
  package var exposure: [ConfigFault] {
    get throws(ConfigError) { try FilePermissions.exposure(of: self) }
  }

  /// Reads the config of a node: where there is none, the error names the newest copy of it.
  ///
  /// - Throws: `ConfigError.missing`, or what `read` throws.
  package static func readOfNode(_ path: String) throws(ConfigError) -> ConfigFile {
    do {
      return try read(path)
    } catch {
      guard case .native(let reason) = error, reason.isNotFound,
        // The copy is for the hint alone; without it the error is the same.
        let copy = try? ConfigBackups(at: path).lastReadable()
      else { throw error }
      throw .missing(path: path, copy: copy.path)
    }
  }

  package static func read(_ path: String) throws(ConfigError) -> ConfigFile {
    try rethrow(
      as: ConfigError.native,
      ConfigFile(contents: FileContents.read(path, limit: XMLSpans.sizeLimit)))
  }

  /// - Throws: `ConfigError.halfWritten` where a write into the file was cut off; else what is wrong with
  ///   the text.
  package func settings() throws(ConfigError) -> NodeConfig {
    if isHalfWritten {
      throw .halfWritten(path: path, copy: try lastCopy()?.path)
    }
    do {
      return try NodeConfig(contents: bytes, path: path)
    } catch {
      guard case .malformed(let path, let line, let column, let reason, _) = error else {
        throw error
      }
      throw .malformed(
        path: path, line: line, column: column, reason: reason,
        copy: try ConfigBackups(of: self).lastReadable()?.path)
    }
  }

  /// Whether a write into the file itself, after `--in-place`, was cut off by a kill or a power failure.
  /// The file is neither the old config nor the new one then; the old one is in the newest copy.
  package var isHalfWritten: Bool { contents.isHalfWritten }

  /// This file, or the newest copy of it where a write into it was cut off.
  ///
  /// - Throws: `ConfigError.halfWritten` if there is no copy.
  package func whole() throws(ConfigError) -> ConfigFile {
    guard isHalfWritten else { return self }
    guard let copy = try lastCopy() else {
      throw .halfWritten(path: path, copy: nil)
    }
    return copy
  }

  /// The copy was made before the first write into the file.
  private func lastCopy() throws(ConfigError) -> ConfigFile? {
    try ConfigBackups(of: self).last(before: contents.identity.modified)
  }

  /// Fails, before anything is written, where the file could not be replaced, or its folder lets others
  /// put files in it.
  ///
  /// - Parameter inPlace: whether the file itself may be written where a rename is impossible.
  package func requireReplaceable(inPlace: Bool = false) throws(ConfigError) {
    try stateFolder.requireOurs(for: .config(path))
    _ = try rethrow(
      as: ConfigError.native,
      // A changed setting makes it a little larger.
      ReplacementCheck.way(target, contents: bytes.count + 4096, copies: 1, inPlace: inPlace))
  }

  /// Fails where a rotation must be recovered first; for commands that ask before they lock.
  ///
  /// - Throws: `ConfigError.unfinishedRotation`, or `.locked` if that rotation is still at work.
  package func requireNoUnfinishedRotation() throws(ConfigError) {
    try stateFolder.requireNoUnfinishedRotation(of: .config(path))
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
