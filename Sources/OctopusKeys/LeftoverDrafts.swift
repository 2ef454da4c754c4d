// Hidden files that a killed octokey left beside a node config: drafts that never got their name. They
// are of no use to anybody, and one of a key file holds a key.

internal import FoundationEssentials
internal import Native

enum LeftoverDrafts {
  /// Removes the drafts beside `config`. Only for whoever holds its lock: nobody else makes any.
  static func remove(beside config: FileContents) {
    let place = ConfigBackups(of: config)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.folder)) ?? []
    for found in names where isDraft(found, of: [place.name, Journal.fileName]) {
      let path = place.folder + "/" + found
      guard let status = try? FileStatus.read(path), status.kind == .regular, status.links == 1,
        status.owner.user == config.status.owner.user || status.owner.user == FileOwner.current.user
      else { continue }
      try? FileRemoval.remove(path)
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
