// The JSON reports of other runs of octokey: the evidence for `status --compare`.

import FoundationEssentials
import Native
import OctopusKeys

struct Evidence {
  let file: String
  /// One of the types below; nil for the report of another command, and for what is not a report.
  let report: (any Decodable)?

  struct Status: Decodable {
    struct Node: Decodable {
      let name: String
      let alive: Bool
    }

    let time: String
    let node: String?
    let config: String
    let fingerprint: String?
    let store: StoreName?
    let keyMatchesStore: Bool?
    let unfinishedRotation: Bool
    let nodes: [Node]?
    let problems: [String]
  }

  struct Key: Decodable { let fingerprint: String }

  struct Verify: Decodable {
    let time: String
    let fingerprint: String
    let store: StoreName
    let opened: Int
    let unreadable: Int
  }

  /// A rotation, or the recovery that finished one.
  struct Rotation: Decodable {
    let time: String
    let outcome: String
    let oldKey: Key?
    let newKey: Key?
  }

  struct Backup: Decodable {
    let time: String
    let folder: String
    let key: Key
  }

  struct BackupVerification: Decodable {
    let created: String
    let folder: String
    let fingerprint: String
    let ok: Bool
    let storeWasOpened: Bool
  }

  struct Restore: Decodable {
    let time: String
    let fingerprint: String
    let store: StoreName
  }

  private struct Name: Decodable { let command: String }

  /// Reads a file with one report, or several, one after the other.
  static func read(_ file: String) throws -> [Evidence] {
    let bytes = try FileContents.read(file, limit: 64 << 20).bytes
    // The last line of a report is a brace alone, because all lines inside are indented; or the report is
    // one line, as other tools write it. A terminal in between (ssh -t) adds carriage returns.
    var reports: [[UInt8]] = [[]]
    for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    ) {
      reports[reports.count - 1] += line + [UInt8(ascii: "\n")]
      let isWhole = line.first == UInt8(ascii: "{") && line.last == UInt8(ascii: "}")
      if line == [UInt8(ascii: "}")] || isWhole { reports.append([]) }
    }
    if reports.count > 1, reports.last == [] { reports.removeLast() }
    return reports.map { Evidence(file, Data($0)) }
  }

  private init(_ file: String, _ data: Data) {
    self.file = file
    func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
      try? JSONDecoder().decode(type, from: data)
    }
    report =
      switch decode(Name.self)?.command {
      case "status": decode(Status.self)
      case "verify": decode(Verify.self)
      case "rotate-master-key", "recover":
        // A rotation that did nothing, or a dry run, does not count.
        decode(Rotation.self).flatMap {
          ["rotated", "rotatedExceptUnreadable", "finished", "resumed"].contains($0.outcome)
            ? $0 : nil
        }
      case "backup create": decode(Backup.self)
      case "backup verify": decode(BackupVerification.self)
      case "backup restore": decode(Restore.self)
      default: nil
      }
  }
}
