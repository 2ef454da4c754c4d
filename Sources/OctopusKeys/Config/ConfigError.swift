// What can go wrong with node configs, with the machine keys that protect secrets in them, and with the
// register that says where they are, as facts. No case ever carries a secret.

package import Native

package enum ConfigError: Error, Equatable, Sendable {
  case native(NativeError)
  /// What should become a Master Key's setting is not a key.
  case key(KeyError)

  /// The config is not well-formed XML. Line and column count from 1; `copy` is the newest one beside it that is.
  case malformed(path: String, line: Int, column: Int, reason: String, copy: String? = nil)
  /// The config was not found; `copy` is the newest copy of it.
  case missing(path: String, copy: String)
  /// The config holds something that octokey does not read, such as a DOCTYPE.
  case forbidden(path: String, line: Int, construct: String)
  case wrongRoot(path: String, found: String)
  /// An edit did not come out as it should have; nothing was written.
  case editFailed(path: String)
  case settingMissing(path: String, setting: String)
  /// A write into the config itself was cut off; what it held before is in `copy`, the newest one beside it.
  case halfWritten(path: String, copy: String?)
  /// Other users can create files in the folder of the config, or in a state folder, by its mode: all users, or its
  /// group, which is not root's, ours or the config's.
  case openFolder(NodePlace, folder: String, mode: UInt32, group: UInt32)
  /// Another octokey holds the lock.
  case locked(NodePlace)
  /// A rotation was interrupted: nothing else may write before `recover`.
  case unfinishedRotation(NodePlace, journal: String)
  /// A file with the journal's name belongs to a user who runs neither octokey nor the server.
  case foreignJournal(path: String, user: UInt32)

  /// The Master Key is protected by Windows (DPAPI), which only that machine can undo.
  case protectedByWindows(path: String, setting: String = SettingName.masterKey)
  /// A setting is protected in the form `$OctopusMachineKeyV1$` (AES-256-GCM), which octokey does not
  /// read and does not replace.
  case protectedByNewerServer(path: String, setting: String)
  /// The Master Key in the config cannot be decrypted with any of the machine keys.
  case masterKeyUnreadable(path: String, tried: [MachineKeyTrial])
  /// No machine key decrypts a protected setting, or what comes out cannot be its value.
  case settingUnreadable(path: String, setting: String, tried: [MachineKeyTrial])
  /// No machine key to protect a value with.
  case noMachineKey(tried: [MachineKeyTrial])
  /// A value that was just protected does not read back in the server's order of machine keys.
  case protectionFailed

  /// No config found: none was named, and none is where the server would look.
  case noConfig(workingDirectory: String?, instancesFolder: String)
  /// No record of the register has the name; `bad` are the paths of those that cannot be read.
  case noSuchInstance(name: String, folder: String, bad: [String] = [])
  /// Several instances match; `name` is nil if none was asked for.
  case severalInstances(name: String?, folder: String, found: [String])
  /// No instance was named, and the one that is meant may be in these records, which cannot be read.
  case badInstanceRecords([String])
}
