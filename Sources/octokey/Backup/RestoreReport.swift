// The report of `backup restore`.

import OctopusKeys

struct RestoreReport: CommandReport {
  static let schemaName = ReportName.backupRestore
  static let schema: Schema = [
    "folder": .string, "fingerprint": .string,
    "config?": [
      "path": .string, "changed": .boolean, "backup?": .string, "reprotected": .list(.string),
      "unreadable": .list(.string),
    ],
    "store": [
      "kind": .string, "location": .string, "changed": .boolean, "former?": .string,
      "statement?": .string,
    ],
    "keyMatchesStore?": .boolean, "storeProblem?": .string, "notes": .list(.string),
  ]

  struct Config: Encodable {
    let path: String
    let changed: Bool
    var backup: String?
    /// Settings that this machine's key protects now.
    let reprotected: [String]
    /// Settings that the machine key in the backup cannot decrypt.
    let unreadable: [String]
  }

  struct Store: Encodable {
    let kind: String
    let location: String
    var changed = false
    var former: String?
    /// The statement that backed up a database which octokey does not copy.
    let statement: String?
  }

  let folder: String
  let fingerprint: String
  /// Nil for a backup of a store without a config.
  var config: Config?
  var store: Store
  /// Whether the key decrypts the present store; nil if that is unknown.
  var keyMatchesStore: Bool?
  /// Why the present store could not be looked at.
  var storeProblem: String?
  /// What earlier restorations left.
  var notes: [String] = []

  var status: ExitStatus {
    keyMatchesStore == false || storeProblem != nil ? .incomplete : .done
  }

  var text: String {
    var lines =
      config.map {
        ["Config:           \($0.path) (\($0.changed ? "restored" : "unchanged"))"]
      } ?? []
    lines += [
      "Store:            \(store.kind) \(store.location) (\(store.changed ? "restored" : "unchanged"))",
      "Key:              \(fingerprint)",
      "Decrypts store:   \(keyMatchesStore.map { $0 ? "yes" : "NO" } ?? "unknown")"
        + (storeProblem.map { ": \($0)" } ?? ""),
    ]
    lines += notes.map { "Note: \($0)" }
    if let backup = config?.backup { lines.append("The former config is \(backup)") }
    if let former = store.former { lines.append("The former store is \(former)") }
    if let config, !config.reprotected.isEmpty {
      lines.append("Protected for this machine: \(config.reprotected.joined(separator: ", "))")
    }
    if let config, !config.unreadable.isEmpty {
      lines.append(
        "Still protected by another machine, set them again: "
          + config.unreadable.joined(separator: ", "))
    }
    if store.former != nil {
      lines.append(
        "Every other node of this store needs the key as well: octokey set-master-key --key-file - "
          + "--expect-fingerprint \(fingerprint)")
    }
    if store.statement != nil { lines.append("The database itself is restored by its own tools") }
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }
}
