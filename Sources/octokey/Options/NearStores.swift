// Suggestions for a store location that does not say its kind, or misspells it.

import Native
import OctopusKeys

enum NearStores {
  private static let kinds = ["sqlite", "directory", "sqlserver", "odbc"]
  private static let endings = [".db", ".db3", ".sqlite", ".sqlite3"]

  /// What may have been meant by `text`, which counts from the working directory, for a shell; nil where nothing resembles
  /// it.
  static func location(_ text: String) -> String? {
    if let colon = text.firstIndex(of: ":") {
      return NearSpellings.of(String(text[..<colon]), among: kinds).first.map {
        $0 + text[colon...]
      }
    }
    // For a suggestion only: from what cannot be read nothing follows.
    let kind = try? FileStatus.read(text).kind
    if kind == .folder { return "directory:" + text.shellWord }
    let isDatabase = kind == .regular || endings.contains { text.lowercased().hasSuffix($0) }
    return isDatabase ? "sqlite:" + text.shellWord : nil
  }
}
