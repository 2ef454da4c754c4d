// A node config as a file: read once, locked while it is worked on, replaced in one step.

package import Native

/// The file that holds a node's config.
package struct NodeConfigFile: Sendable {
  /// Its settings.
  package let config: NodeConfig
  private let contents: FileContents

  /// The path under which it was read.
  package var path: String { config.path }
  /// Whom the files beside it are to belong to.
  package var owner: FileOwner { contents.status.owner }
  /// The folder in which it really is, where a relative store counts from.
  package var folder: String { contents.folder }
  /// The bytes that were read.
  package var bytes: [UInt8] { contents.bytes }
  /// Its permission bits, such as 0o600.
  package var mode: UInt32 { contents.status.mode }
  /// Where the journal of an unfinished rotation is.
  package var journalPath: String { contents.journalPath }

  /// Reads the config at `path`.
  ///
  /// - Throws: `KeysError.native` if it cannot be read, and what `NodeConfig` throws.
  package static func read(_ path: String) throws(KeysError) -> NodeConfigFile {
    let contents: FileContents
    do {
      contents = try FileContents.read(path, limit: XMLSpans.sizeLimit)
    } catch {
      throw .native(error)
    }
    let config = try NodeConfig(contents: contents.bytes, path: path)
    return NodeConfigFile(config: config, contents: contents)
  }

  /// Who else may read the config, or put another file in its place.
  package var exposure: [ConfigFault] { FilePermissions.exposure(of: contents) }

  /// The path of a file beside the config.
  package func sibling(_ name: String) -> String { folder + "/" + name }

  /// Keeps every other octokey away from this config, for as long as the lock lives.
  ///
  /// - Throws: `KeysError.configLocked`; `.unfinishedRotation` if a rotation must be recovered first;
  ///   `.native(.changedMeanwhile)` if another octokey was done with the config after this one read it.
  package func lock() throws(KeysError) -> FileLock {
    let lock = try contents.lock()
    try contents.requireNoJournal()
    try contents.requireUnchanged()
    removeLeftoverDrafts()
    return lock
  }

  /// Fails where a rotation must be recovered first; for asking nobody in vain.
  ///
  /// - Throws: `KeysError.unfinishedRotation`, or `.configLocked` if that rotation is still at work.
  package func requireNoUnfinishedRotation() throws(KeysError) {
    do {
      try contents.requireNoJournal()
    } catch .unfinishedRotation {
      let lock = try contents.lock()
      try contents.requireNoJournal()
      _ = consume lock
    }
  }

  /// Removes what a killed octokey left beside the config; for whoever holds the lock.
  func removeLeftoverDrafts() { LeftoverDrafts.remove(beside: contents) }

  /// The path of a new file beside the config. Two in one second get two names.
  package func newSibling(_ stem: String, _ suffix: String) -> String {
    var candidate = sibling(stem + suffix)
    var number = 1
    while (try? FileStatus.isThere(candidate)) == true {
      number += 1
      candidate = sibling("\(stem)-\(number)\(suffix)")
    }
    return candidate
  }

  /// The same lock, for whoever deals with an unfinished rotation.
  func lockForRecovery() throws(KeysError) -> FileLock {
    let lock = try contents.lock()
    try contents.requireUnchanged()
    return lock
  }

  /// A replacement that holds another Master Key, ready to be put in place, and a copy of the present
  /// file.
  ///
  /// - Parameters:
  ///   - form: how the present key is protected, if that is known.
  ///   - stamp: the time for the name of the copy.
  package func replacement(
    masterKey: borrowing MasterKey, machineKeys: MachineKeys, form: MachineKeys.Form?,
    stamp: String
  ) throws(KeysError) -> FileReplacement {
    let value = try machineKeys.protect(masterKey, as: form)
    let edited = try config.setting(SettingName.masterKey, to: value)
    // What was written must open again before it takes anybody's place.
    let readBack = try machineKeys.masterKey(of: NodeConfig(contents: edited, path: path))
    guard readBack.key.equals(masterKey) else { throw .configEditFailed(path: path) }
    do {
      return try FileReplacement.prepare(
        contents, contents: edited.span, backup: ConfigBackups(of: contents).freeName(stamp))
    } catch {
      throw .native(error)
    }
  }
}
