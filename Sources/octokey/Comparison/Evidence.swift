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
    let config: ConfigName?
    let stateFolder: String?
    let fingerprint: String?
    let store: StoreName?
    let keyMatchesStore: Bool?
    let values: ValueCounts?
    let unfinishedRotation: Bool
    let nodes: [Node]?
    let problems: [String]
  }

  struct Key: Decodable { let fingerprint: String }

  struct Verify: Decodable {
    let time: String
    let fingerprint: String
    let store: StoreName
    let values: ValueCounts
  }

  /// A rotation, or the recovery that finished one.
  struct Rotation: Decodable {
    let time: String
    let oldKey: Key?
    let newKey: Key?
  }

  private struct Recovery: Decodable {
    let dryRun: Bool
    let course: RecoveryCourse
  }

  struct Backup: Decodable {
    let time: String
    let folder: String
    let fingerprint: String
  }

  struct BackupVerification: Decodable {
    let created: String
    let folder: String
    let fingerprint: String
    let ok: Bool
    let storeVerified: Bool
  }

  struct Restore: Decodable {
    let time: String
    let fingerprint: String
    let store: StoreName
  }

  private struct Head: Decodable {
    let schema: String?
    let schemaVersion: Int?
  }

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
    let head: Head
    do {
      head = try decode(Head.self)
    } catch {
      throw Unfit(reason: "is not a report of octokey")
    }
    guard let schema = head.schema, let version = head.schemaVersion else {
      throw Unfit(reason: "is not a report of octokey")
    }
    guard version == Envelope.schemaVersion else {
      throw Unfit(
        reason: "holds a report of another version of octokey (schema version \(version))")
    }
    switch ReportName(rawValue: schema) {
    case .status: return try decode(Status.self)
    case .verify: return try decode(Verify.self)
    case .rotateMasterKey: return try decode(Rotation.self)
    case .recover:
      let recovery = try decode(Recovery.self)
      guard !recovery.dryRun, [.finish, .resume].contains(recovery.course) else {
        throw Unfit(reason: "holds the report of a recovery that finished no rotation")
      }
      return try decode(Rotation.self)
    case .backupCreate: return try decode(Backup.self)
    case .backupVerify: return try decode(BackupVerification.self)
    case .backupRestore: return try decode(Restore.self)
    case .rotateMasterKeyDryRun: throw Unfit(reason: "holds the report of a dry run")
    case .error: throw Unfit(reason: "holds the report of a run that failed")
    default:
      throw Unfit(reason: "holds a report that does not count here (\(schema.prefix(40)))")
    }
  }
}
