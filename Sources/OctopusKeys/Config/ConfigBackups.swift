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

  /// The name of a copy that does not exist yet; `stamp` is the time by `TimeStamp.forFileName`.
  func freeName(_ stamp: String) -> String {
    let path = FolderNames.free("\(folder)/\(name).\(stamp)", ".bak")
    return String(path.dropFirst(folder.count + 1))
  }

  /// Removes all but the newest copies. One whose Master Key is not the one of the config stays
  /// whatever its age: it may be the last place where an old key is.
  ///
  /// - Parameter present: what the config holds now. If it is broken, everything stays.
  func removeOld(present: [UInt8]) {
    guard let config = try? NodeConfig(contents: present, path: "") else { return }
    let key = config.value(of: SettingName.masterKey)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let backups = names.compactMap { name in order(of: name).map { (name: name, order: $0) } }
      .sorted { $0.order > $1.order }
    for old in backups.dropFirst(ConfigBackups.kept) {
      let path = folder + "/" + old.name
      guard let copy = try? ConfigFile.read(path), copy.target == path,
        let config = try? copy.settings(),
        config.value(of: SettingName.masterKey) == key
      else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// The time and number in the name of a copy; nil for other names.
  private func order(of candidate: String) -> (String, Int)? {
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
