// Hidden files that a killed octokey left beside a node config: drafts that never got their name. They
// are of no use to anybody, and one of a key file holds a key.

internal import FoundationEssentials
internal import Native

enum LeftoverDrafts {
  /// Removes the drafts beside `config`. Only for whoever holds its lock; a draft that somebody works
  /// on without it, as for a key file that was asked for, stays.
  static func remove(beside config: FileContents) {
    let place = ConfigBackups(of: config)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.folder)) ?? []
    for found in names where isDraft(found, of: [place.name, Journal.fileName]) {
      FileRemoval.removeAbandoned(
        place.folder + "/" + found,
        users: [config.status.owner.user, FileOwner.current.user])
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
