// The copies of a node config that edits leave beside it: `OctopusServer.config.<UTC time>.bak`, and
// `.<UTC time>-2.bak` for a second one in the same second.

import FoundationEssentials
import Native

struct ConfigBackups {
  static let kept = 10

  let folder: String
  let name: String

  init(of file: ConfigFile) {
    folder = file.folder
    name = file.name
  }

  /// - Parameter path: where the config is, or was.
  init(at path: String) {
    (folder, name) = (FilePath(path).folder, FilePath(path).name)
  }

  /// The name of a copy that does not exist yet; `stamp` is the time by `TimeStamp.forFileName`. Its number
  /// is higher than that of any copy with this time, so that the names are in the order of the copies.
  func freeName(_ stamp: String) -> String {
    // A file that cannot be read is left to its creator.
    let numbers = ((try? FolderNames.read(folder)) ?? []).compactMap(parse).filter {
      $0.stamp == stamp
    }
    .map(\.number)
    guard let last = numbers.max() else { return "\(name).\(stamp).bak" }
    return "\(name).\(stamp)-\(last + 1).bak"
  }

  /// The copy that was made last before `time`, in nanoseconds since 1970, and is whole: a recovery that
  /// was killed leaves a copy of a half-written config. Nil if there is none.
  func last(before time: Int64) throws(ConfigError) -> ConfigFile? {
    let copies = try rethrow(as: ConfigError.native, found())
    for copy in copies.filter({ $0.age.written <= time }).sorted(by: { $1.age < $0.age }) {
      let file = try ConfigFile.read(folder + "/" + copy.name)
      if !file.isHalfWritten { return file }
    }
    return nil
  }

  /// The copy that was made last of those that can be read as a config; nil if there is none.
  func lastReadable() throws(ConfigError) -> ConfigFile? {
    let copies = try rethrow(as: ConfigError.native, found())
    for copy in copies.sorted(by: { $1.age < $0.age }) {
      // One that cannot be read is passed over for an older one.
      if let file = try? ConfigFile.read(folder + "/" + copy.name),
        (try? NodeConfig(contents: file.bytes, path: file.path)) != nil
      {
        return file
      }
    }
    return nil
  }

  /// Removes all but the newest copies. One whose Master Key is not the one of the config stays
  /// whatever its age: it may be the last copy of an old key. What cannot be read or removed
  /// stays, too: nothing is lost by a copy too many.
  ///
  /// - Parameters:
  ///   - present: what the config holds now. If it is broken, everything stays.
  ///   - made: the copy that was just made, which stays in any case.
  func removeOld(present: [UInt8], made: String) {
    guard let config = try? NodeConfig(contents: present, path: ""),
      let now = try? FileStatus.readLink(folder + "/" + made).identity.modified,
      var copies = try? found()
    else { return }
    let key = config.value(of: SettingName.masterKey)
    // A copy cannot be younger than the one just made: what says so was made by a clock that was ahead.
    for index in copies.indices where copies[index].age.written > now {
      copies[index].age.isByWrongClock = true
    }
    copies.removeAll { $0.name == made }
    copies.sort { $1.age < $0.age }
    for old in copies.dropFirst(ConfigBackups.kept - 1) {
      let path = folder + "/" + old.name
      guard let copy = try? ConfigFile.read(path), copy.target == path,
        let config = try? NodeConfig(contents: copy.bytes, path: path),
        config.value(of: SettingName.masterKey) == key
      else { continue }
      try? FileRemoval.remove(path)
    }
  }

  /// When a copy was made: by the time when it was written, in nanoseconds since 1970, which those who move
  /// a node's folder keep; then by the name.
  private struct Age: Comparable {
    var isByWrongClock = false
    let written: Int64
    let stamp: String
    let number: Int

    static func < (one: Age, other: Age) -> Bool {
      if one.isByWrongClock != other.isByWrongClock { return one.isByWrongClock }
      return (one.written, one.stamp, one.number) < (other.written, other.stamp, other.number)
    }
  }

  private func found() throws(NativeError) -> [(name: String, age: Age)] {
    var copies: [(name: String, age: Age)] = []
    for candidate in try FolderNames.read(folder) {
      guard let parts = parse(candidate) else { continue }
      let status = try FileStatus.readLink(folder + "/" + candidate)
      guard status.kind == .regular else { continue }
      copies.append(
        (
          candidate,
          Age(written: status.identity.modified, stamp: parts.stamp, number: parts.number)
        ))
    }
    return copies
  }

  /// The time and number in the name of a copy; nil for other names.
  private func parse(_ candidate: String) -> (stamp: String, number: Int)? {
    guard candidate.hasPrefix(name + "."), candidate.hasSuffix(".bak") else { return nil }
    let parts = candidate.dropFirst(name.count + 1).dropLast(4)
      .split(separator: "-", omittingEmptySubsequences: false)
    guard let stamp = parts.first, stamp.count == 16, stamp.last == "Z", parts.count <= 2 else {
      return nil
    }
    guard parts.count == 2 else { return (String(stamp), 1) }
    return Int(parts[1]).map { (String(stamp), $0) }
  }
}
