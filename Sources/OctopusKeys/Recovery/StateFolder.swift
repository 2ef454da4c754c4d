// The folder for what a rotation keeps from its first step to its last: lock, journal, key file and
// report. It knows their names and whom they belong to.

internal import FoundationEssentials
package import Native

package struct StateFolder: Hashable, Sendable {
  package let path: String
  /// Whom new files in it are to belong to.
  package let owner: FileOwner

  package init(path: String, owner: FileOwner) {
    self.path = path
    self.owner = owner
  }

  /// A folder of its own, which there has to be. Files in it get its group where that is one of ours, as a cluster gives
  /// it to a volume.
  ///
  /// - Throws: `ConfigError.native`.
  package init(path: String) throws(ConfigError) {
    let status = try rethrow(as: ConfigError.native) { () throws(NativeError) in
      try FolderNames.requireFolder(path)
      return try FileStatus.read(path)
    }
    let current = FileOwner.current
    let isOurs = FileOwner.isOurs(group: status.owner.group)
    self.init(
      path: path,
      owner: FileOwner(user: current.user, group: isOurs ? status.owner.group : current.group))
  }

  package var journalPath: String { path + "/" + Journal.fileName }

  /// Where a file of this folder is now if the folder was moved since its path was written down.
  package func beside(_ recorded: String) -> String {
    path + "/" + (recorded.split(separator: "/").last.map(String.init) ?? "")
  }

  /// The path of a new key file: `master-key-<time>-<fingerprint>.key`.
  ///
  /// - Parameter stamp: the time by `TimeStamp.forFileName`.
  func newKeyPath(_ key: KeyFingerprint, _ stamp: String) -> String {
    newPath("master-key-\(stamp)-\(key.short)", ".key")
  }

  /// Whether `newKeyPath` makes a file of this name for a key.
  static func isKeyFile(_ path: String, of key: KeyFingerprint) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    guard name.hasPrefix("master-key-"), name.hasSuffix(".key") else { return false }
    let parts = name.dropFirst("master-key-".count).dropLast(".key".count).split(
      separator: "-", omittingEmptySubsequences: false)
    return (2...3).contains(parts.count) && parts[1] == key.short
      && parts.dropFirst(2).allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
  }

  /// The path of a new file. Two in one second get two names.
  package func newPath(_ stem: String, _ suffix: String) -> String {
    FolderNames.free(path + "/" + stem, suffix)
  }

  /// Keeps every other octokey away from this folder, for as long as the lock lives.
  ///
  /// - Parameters:
  ///   - place: what is worked on, for errors.
  ///   - patience: how long to wait for another octokey.
  ///   - mayBeOpen: whether others may be able to put files into it, as where nothing is changed there.
  /// - Throws: `ConfigError.openFolder`, `.locked`.
  package func lock(
    for place: NodePlace, patience: Duration = .zero, mayBeOpen: Bool = false
  ) throws(ConfigError) -> FileLock {
    if !mayBeOpen { try requireOurs(for: place) }
    let lock = try rethrow(
      as: ConfigError.native,
      FileLock.acquire(path + "/octokey.lock", owner: owner, patience: patience))
    guard let lock else { throw .locked(place) }
    return lock
  }

  /// Fails where `lock` would fail now; takes no lock, and makes no file.
  package func requireLockable(for place: NodePlace) throws(ConfigError) {
    try requireOurs(for: place)
    let isHeld = try rethrow(
      as: ConfigError.native, FileLock.isHeld(path + "/octokey.lock", owner: owner))
    if isHeld { throw .locked(place) }
  }

  /// Fails where others may create, rename or remove files in the folder: they could plant what octokey
  /// reads there, or take away what it writes.
  ///
  /// - Parameter place: what is worked on, for the error.
  /// - Throws: `ConfigError.openFolder`.
  package func requireOurs(for place: NodePlace) throws(ConfigError) {
    let status = try rethrow(as: ConfigError.native, FileStatus.read(path))
    let isOpen = try rethrow(
      as: ConfigError.native,
      FilePermissions.letsOthersCreate(status, at: path, besides: owner))
    guard !isOpen else {
      throw .openFolder(place, folder: path, mode: status.mode, group: status.owner.group)
    }
  }

  /// Fails where a rotation must be recovered first; for whoever holds the lock. The error names
  /// `place`.
  package func requireNoJournal(of place: NodePlace) throws(ConfigError) {
    if try hasJournal() { throw .unfinishedRotation(place, journal: journalPath) }
  }

  /// Fails where a rotation must be recovered first; for whoever asks before the lock.
  ///
  /// - Throws: `ConfigError.unfinishedRotation`, or `.locked` if that rotation is still at work.
  package func requireNoUnfinishedRotation(of place: NodePlace) throws(ConfigError) {
    do {
      try requireNoJournal(of: place)
    } catch .unfinishedRotation {
      let lock = try lock(for: place, mayBeOpen: true)
      try requireNoJournal(of: place)
      _ = consume lock
    }
  }

  /// Whether there is a journal.
  ///
  /// - Throws: `ConfigError.foreignJournal` for one that only a stranger can have put there.
  package func hasJournal() throws(ConfigError) -> Bool {
    let path = journalPath
    guard try rethrow(as: ConfigError.native, FileStatus.isThere(path)) else { return false }
    let status = try rethrow(as: ConfigError.native, FileStatus.readLink(path))
    guard status.kind == .regular else { throw .native(.notPlain(path: path, status.kind)) }
    guard trusts(status) else { throw .foreignJournal(path: path, user: status.owner.user) }
    return true
  }

  /// Whether a journal with this status can be octokey's: it has its owner from `owner` or from who ran octokey.
  func trusts(_ journal: FileStatus) -> Bool {
    [owner.user, FileOwner.current.user, 0].contains(journal.owner.user)
  }

  /// Removes drafts that a killed octokey left: files that never got their name, of no use to anybody,
  /// and one of a key file holds a key. A draft that another process works on without the lock, as for
  /// a key file that was asked for, stays.
  ///
  /// - Parameter config: the name of the config in this folder, if there is one.
  func removeLeftoverDrafts(of config: String? = nil) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names
    where StateFolder.isDraft(name, of: [config, Journal.fileName].compactMap(\.self)) {
      FileRemoval.removeAbandoned(
        path + "/" + name, users: [owner.user, FileOwner.current.user])
    }
  }

  /// Whether a name is that of a draft: `.NAME.draft-` and hexadecimal digits.
  private static func isDraft(_ name: String, of finals: [String]) -> Bool {
    guard name.hasPrefix("."), let mark = name.firstRange(of: ".draft-") else { return false }
    let digits = name[mark.upperBound...]
    let final = String(name[..<mark.lowerBound].dropFirst())
    return (1...16).contains(digits.count) && digits.allSatisfy(\.isHexDigit)
      && (finals.contains(final) || final.hasPrefix("master-key-")
        || final.hasPrefix("rotation-report-") || finals.contains { final.hasPrefix($0 + ".") })
  }
}
