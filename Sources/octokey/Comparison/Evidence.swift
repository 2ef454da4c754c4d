// The JSON reports of other runs of octokey: the evidence for `status --compare`.

import FoundationEssentials
import Native
import OctopusKeys

struct Evidence {
  let file: String
  /// One of the types below.
  let report: (any Decodable)?
  /// Why there is none, after the name of the file.
  let fault: String?

  struct Status: Decodable {
    struct Node: Decodable {
      let name: String
      /// Null where the store does not say.
      let alive: Bool?
    }

    let time: String
    let node: String?
    /// Null where a state folder stands for it.
    let config: String?
    let stateFolder: String?
    let fingerprint: String?
    let store: StoreName?
    let keyMatchesStore: Bool?
    let valuesOpened: Int?
    let valuesUnreadable: Int?
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

  private struct Name: Decodable { let command: String? }

  /// More bytes than any report has: a thousand findings are some hundred kilobytes.
  private static let sizeLimit = 4 << 20
  /// More reports than any cluster has.
  private static let countLimit = 100_000

  /// Reads a file with one report, or several, one after the other. What is not a report is said once for
  /// each reason, however much of it there is.
  static func read(_ file: String) throws -> [Evidence] {
    let bytes = try FileContents.read(file, limit: 64 << 20).bytes
    var evidence: [Evidence] = []
    var count = 0
    var refused: Set<String> = []
    // The last line of a report is a brace alone, because all lines inside are indented; or the report is
    // one line, as other tools write it. A terminal in between (ssh -t) adds carriage returns.
    var report = 0..<0
    func finish() {
      guard !report.isEmpty else { return }
      count += 1
      defer { report = report.upperBound..<report.upperBound }
      let found = Evidence(file, bytes[report])
      if found.report == nil, let fault = found.fault, !refused.insert(fault).inserted { return }
      evidence.append(found)
    }
    var start = 0
    for index in 0...bytes.count {
      if count > countLimit {
        return evidence + [Evidence(file, fault: "holds more than \(countLimit) reports")]
      }
      let isEnd = index == bytes.count
      guard isEnd || bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r")
      else { continue }
      let line = bytes[start..<index]
      start = index + 1
      guard let first = line.first, let last = line.last else { continue }
      report = (report.isEmpty ? line.startIndex : report.lowerBound)..<index
      let isWhole = first == UInt8(ascii: "{") && last == UInt8(ascii: "}")
      if last == UInt8(ascii: "}"), isWhole || line.count == 1 { finish() }
    }
    finish()
    return evidence.isEmpty ? [Evidence(file, [])] : evidence
  }

  private init(_ file: String, _ bytes: ArraySlice<UInt8>) {
    self.file = file
    do {
      report = try Evidence.report(bytes)
      fault = nil
    } catch let unfit as Unfit {
      (report, fault) = (nil, unfit.reason)
    } catch {
      (report, fault) = (nil, "holds a report that this version of octokey does not understand")
    }
  }

  private init(_ file: String, fault: String) {
    (self.file, report, self.fault) = (file, nil, fault)
  }

  private struct Unfit: Error { let reason: String }

  private static func report(_ bytes: ArraySlice<UInt8>) throws -> any Decodable {
    guard bytes.count <= sizeLimit else { throw Unfit(reason: "is too large for a report") }
    let data = Data(bytes)
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try JSONDecoder().decode(type, from: data)
    }
    let command: String?
    do {
      command = try decode(Name.self).command
    } catch {
      throw Unfit(reason: "holds no report of octokey")
    }
    switch command {
    case "status"?: return try decode(Status.self)
    case "verify"?: return try decode(Verify.self)
    case "rotate-master-key"?, "recover"?:
      let rotation = try decode(Rotation.self)
      // A rotation that did nothing, or a dry run, does not count.
      guard
        ["rotated", "rotatedExceptUnreadable", "finished", "resumed"].contains(rotation.outcome)
      else {
        throw Unfit(
          reason: "holds the report of a rotation that changed nothing (\(rotation.outcome))")
      }
      return rotation
    case "backup create"?: return try decode(Backup.self)
    case "backup verify"?: return try decode(BackupVerification.self)
    case "backup restore"?: return try decode(Restore.self)
    case let command?:
      throw Unfit(reason: "holds no report of octokey that counts here (\(command.prefix(40)))")
    case nil: throw Unfit(reason: "holds no report of octokey")
    }
  }
}
