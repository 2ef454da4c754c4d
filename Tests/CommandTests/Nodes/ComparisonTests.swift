// Comparing reports of nodes. The reports are real, with some changes.

import Foundation
import Outside
import Testing

@Suite struct ComparisonTests {
  private static let otherKey = "SHA256:" + String(repeating: "A", count: 43)

  /// A change to the report of one node.
  private typealias Change = (inout [String: Any]) -> Void

  /// Compares reports of three nodes, each changed by the element at its index, and `reports`
  /// of other commands, in which `KEY` is the fingerprint of the nodes.
  private func compare(_ changes: [Change], _ more: String..., and reports: [String] = [])
    async throws
    -> Ending
  {
    let node = try await SampleNode(["--documents", "30"])
    let status = try ConfigTests.object(try await node.octokey("status", "--format", "json"))
    let scratch = ScratchFolder()
    var files: [String] = []
    for (index, change) in changes.enumerated() {
      var report = status
      report["node"] = "node-0\(index + 1)"
      report["time"] = "2026-11-23T12:00:0\(index)Z"
      report["nodes"] = ["node-01", "node-02", "node-03"].map {
        ["name": $0, "alive": true, "lastSeen": ""] as [String: Any]
      }
      change(&report)
      let json = try JSONSerialization.data(withJSONObject: report)
      files.append(scratch.file("\(index).json", [UInt8](json)))
    }
    for (index, report) in reports.enumerated() {
      let report = report.replacing("KEY", with: try #require(status["fingerprint"] as? String))
      files.append(scratch.file("report-\(index)", Array(report.utf8)))
    }
    return try await OctokeyProgram.run(["status"] + more + ["--compare"] + files)
  }

  @Test func threeNodesThatAgree() async throws {
    let same: Change = { _ in }
    let ending = try await compare([same, same, same])
    #expect(ending.status == 0 && ending.stdout.hasSuffix("\nall agree\n"), "\(ending.stdout)")
    let json = try ConfigTests.object(try await compare([same, same, same], "--format", "json"))
    #expect(
      (json["nodes"] as? [[String: Any]])?.allSatisfy { $0["agrees"] as? Bool == true } == true)
  }

  @Test(arguments: [
    ("key", "2. node-02 has the key SHA256:AAAA"),
    ("missing", "no report of the node \"node-02\", which the store lists"),
    ("interrupted", "a rotation was interrupted on node-02; there: octokey recover"),
    ("unread", "node-02 has no readable key"),
    ("unseen", "node-02 could not read its store: access was denied"),
    ("closed", "but it does not decrypt the store that it uses"),
    ("foreign", "is not a report of octokey"),
  ])
  func whatDiffersIsNamed(_ difference: String, _ words: String) async throws {
    let same: Change = { _ in }
    let second: Change = { report in
      switch difference {
      case "key":
        (report["fingerprint"], report["keyMatchesStore"]) = (ComparisonTests.otherKey, false)
      case "interrupted": report["unfinishedRotation"] = true
      case "unread": report["fingerprint"] = NSNull()
      case "unseen":
        report["keyMatchesStore"] = NSNull()
        report["problems"] = ["access was denied"]
      case "closed": report["keyMatchesStore"] = false
      case "foreign": report["schema"] = NSNull()
      default: report["node"] = "node-01"
      }
    }
    // Something else to do first, so that the order matters.
    let first: Change = { $0["unfinishedRotation"] = difference == "key" }
    let ending = try await compare([difference == "key" ? first : same, second, same])
    #expect(ending.status == 2 && ending.stdout.contains(words), "\(ending.stdout)")
  }

  @Test func theLatestReportOfANodeCounts() async throws {
    let same: Change = { _ in }
    let stale: Change = {
      ($0["fingerprint"], $0["keyMatchesStore"]) = (ComparisonTests.otherKey, false)
      ($0["node"], $0["time"]) = ("node-01", "2026-11-23T11:00:00Z")
    }
    let ending = try await compare([same, same, same, stale])
    #expect(ending.status == 0, "\(ending.stdout)")
    #expect(ending.stdout.contains("there are several reports of node-01"), "\(ending.stdout)")
  }

  @Test func aFileThatCannotBeReadIsNamedAndTheOthersAreCompared() async throws {
    let same: Change = { _ in }
    let ending = try await compare([same, same, same], "--compare", "/nowhere")
    #expect(ending.status == 2)
    #expect(
      ending.stdout.contains("  1. cannot open \"/nowhere\": no such file"), "\(ending.stdout)")
    #expect(ending.stdout.matches(of: /\bagrees\b/).count == 3, "\(ending.stdout)")
  }

  /// Concatenated, through a terminal (ssh -t), and reformatted by other tools.
  @Test(arguments: [
    "cat", #"sed 's/$/\r/'"#, #"{ tr -d '\n'; echo; }"#, "iconv -t UTF-16",
  ])
  func aFileMayHoldSeveralReports(_ filter: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      report() { $OCTOKEY status --machine-id-file machine-id --format json; }
      { report | \(filter); report | \(filter.hasPrefix("iconv") ? "cat >/dev/null" : filter); } > reports.json
      $OCTOKEY status --compare reports.json || true
      """)
    let isOne = filter.hasPrefix("iconv")
    #expect(output.contains("there are several reports of node-01") != isOne, "\(output)")
    #expect(output.contains("node-01  SHA256:") && !output.contains("not a report of octokey"))
  }

  @Test func aReportFromBeforeTheRotationSaysNothing() async throws {
    let same: Change = { _ in }
    let rotation = """
      {"schema": "rotate-master-key", "schemaVersion": 1, "time": "2026-11-23T12:00:02Z",
       "oldKey": {"fingerprint": "SHA256:old"}, "newKey": {"fingerprint": "\(ComparisonTests.otherKey)"}}
      """
    let ending = try await compare([same, same], and: [rotation])
    #expect(ending.status == 2)
    for node in ["node-01", "node-02"] {
      #expect(ending.stdout.contains("the report of \(node) is older than the rotation"))
    }
    #expect(ending.stdout.hasPrefix("Key of the store:  \(ComparisonTests.otherKey)\n"))
  }

  /// On another machine the restored store may have the very path of the one that was rotated.
  @Test(arguments: [
    (["08", "10"], []), (["08"], ["verifyRestored"]), (["10"], ["verify"]),
    ([], ["verify", "verifyRestored"]),
  ])
  func aStoreRestoredUnderTheSamePathIsToldByTheOrder(
    _ verified: [String], _ missing: [String]
  ) async throws {
    let same: Change = { _ in }
    let store = #""store": {"kind": "sqlite", "location": "/srv/octopus.db"}"#
    var reports = [
      #"{"schema": "backup-restore", "schemaVersion": 1, "time": "2026-11-23T12:00:09Z", "fingerprint": "KEY", \#(store)}"#
    ]
    for second in verified {
      reports.append(
        """
        {"schema": "verify", "schemaVersion": 1, "time": "2026-11-23T12:00:\(second)Z", "fingerprint": "KEY",
         \(store), "values": {"decrypted": 30, "unreadable": 0}}
        """)
    }
    let ending = try await compare([same, same, same], "--format", "json", and: reports)
    let steps = try #require(ConfigTests.object(ending)["steps"] as? [[String: Any]])
    let undone = steps.filter { $0["done"] as? Bool == false }.compactMap { $0["step"] as? String }
    #expect(undone.filter { $0.hasPrefix("verify") } == missing, "\(ending.stdout)")
  }

  @Test func anExpectedKeyIsWhatAllAreHeldAgainst() async throws {
    let same: Change = { _ in }
    let ending = try await compare(
      [same, same, same], "--expect-fingerprint", ComparisonTests.otherKey)
    #expect(ending.status == 2 && ending.stdout.contains("rotate the key"), "\(ending.stdout)")
    #expect(ending.stdout.matches(of: /DIFFERS/).count == 3)
    for arguments in [
      ["status", "--expect-fingerprint", ComparisonTests.otherKey],
      ["status", "--compare", "x", "--config", "y"],
    ] {
      #expect(try await OctokeyProgram.run(arguments).status == 64)
    }
    #expect(try await OctokeyProgram.run(["status", "--compare", "/nowhere"]).status == 1)
  }
}
