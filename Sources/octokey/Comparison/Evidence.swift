// What other runs of octokey said, as their JSON has it: the evidence that `status --compare` weighs.

import FoundationEssentials
import Native
import OctopusKeys

/// One report of octokey in a file.
struct Evidence {
  let file: String
  let report: Report

  /// The reports that count.
  enum Report {
    case status(Status)
    case verify(Verify)
    case rotation(Rotation)
    case backup(Backup)
    case drill(Drill)
    case restore(Restore)
    /// JSON of another command, or no report at all.
    case none
  }

  struct Status: Decodable {
    struct Node: Decodable {
      let name: String
      let alive: Bool
    }

    let time: String
    let node: String?
    let config: String
    let fingerprint: String?
    let store: Store?
    let storeOpens: Bool?
    let unfinishedRotation: Bool
    let nodes: [Node]?
    let problems: [String]
  }

  struct Store: Decodable, Equatable {
    let kind: String
    let location: String
  }

  struct Key: Decodable { let fingerprint: String }

  struct Verify: Decodable {
    let time: String
    let fingerprint: String
    let store: Store
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

  struct Drill: Decodable {
    let created: String
    let folder: String
    let fingerprint: String
    let isGood: Bool
    let storeWasOpened: Bool
  }

  struct Restore: Decodable {
    let time: String
    let fingerprint: String
    let store: Store
  }

  private struct Name: Decodable { let command: String }

  /// Reads a file.
  ///
  /// - Throws: `NativeError` if it cannot be read; what is no report is `.none`.
  init(_ file: String) throws {
    self.file = file
    let bytes = try FileContents.read(file, limit: 64 << 20).bytes
    let data = Data(bytes)
    func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
      try? JSONDecoder().decode(type, from: data)
    }
    let report: Report? =
      switch decode(Name.self)?.command {
      case "status": decode(Status.self).map(Report.status)
      case "verify": decode(Verify.self).map(Report.verify)
      case "rotate-master-key", "recover":
        // One that did nothing, or was only tried, is no rotation.
        decode(Rotation.self).flatMap {
          ["rotated", "rotatedExceptUnreadable", "finished", "resumed"].contains($0.outcome)
            ? .rotation($0) : nil
        }
      case "backup create": decode(Backup.self).map(Report.backup)
      case "backup verify": decode(Drill.self).map(Report.drill)
      case "backup restore": decode(Restore.self).map(Report.restore)
      default: nil
      }
    self.report = report ?? .none
  }
}
