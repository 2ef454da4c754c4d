// A database or a client that disappears in the middle of a rotation: Tests/Servers/proxy.py
// is between the two. Nothing is lost, and the message says where it happened.

import Foundation
import Outside
import Testing

@Suite struct PostgresFaultTests {
  /// Where the documents are read, read to be rewritten, written and read back.
  private static let moments = [
    ["--at", "SELECT", "--nth", "9"], ["--at", "LOCK TABLE"], ["--at", "UPDATE"],
    ["--at", "UPDATE", "--nth", "4"],
  ]

  @Test(arguments: moments, [["--cut"], ["--cut", "--gone"], ["terminate"]])
  func aCutConnectionChangesNothing(_ moment: [String], _ fault: [String]) async throws {
    let bench = try await FaultyNode()
    let fault = fault == ["terminate"] ? ["--run", try bench.terminator()] : fault
    let result = try await bench.rotate(moment + fault)
    #expect(result.status == 1, "\(result.stderr)")
    #expect(result.stderr.contains(bench.location), "\(result.stderr)")
    #expect(result.stderr.contains("the connection was lost"), "\(result.stderr)")
    #expect(result.stderr.contains("run the command again"), "\(result.stderr)")
    #expect(try bench.isUnchanged)
    #expect(try bench.node.node.files("master-key-").isEmpty)
    #expect(try bench.node.node.files("octokey-journal").isEmpty)
    let verify = try await bench.octokey(["verify"])
    #expect(verify.status == 0, "\(verify.stderr)")
  }

  /// A commit without an answer may have taken place: recovery has to look.
  @Test(arguments: [
    (["--cut"], 1), (["--cut", "--gone"], 3), (["--lose-reply"], 3),
    (["--lose-reply", "--gone"], 3),
  ])
  func aCommitWithoutAnAnswerIsLookedInto(_ fault: [String], _ status: Int) async throws {
    let bench = try await FaultyNode()
    let result = try await bench.rotate(["--at", "COMMIT"] + fault)
    #expect(Int(result.status) == status, "\(result.stderr)")
    #expect(result.stderr.contains(bench.location), "\(result.stderr)")
    #expect(try bench.isUnchanged == fault.contains("--cut"))
    if status == 3 {
      let refused = try await bench.rotate([])
      #expect(refused.status == 3 && refused.stderr.contains("octokey recover"))
      let recovered = try await bench.octokey(["recover"])
      #expect(recovered.status == 0, "\(recovered.stderr)")
      #expect(try bench.isUnchanged == fault.contains("--cut"))
    }
    #expect(try bench.node.node.files("octokey-journal").isEmpty)
    // After a rollback the key file stays: only its owner should remove a key.
    #expect(try bench.node.node.files("master-key-").isEmpty == (status == 1))
    let verify = try await bench.octokey(["verify"])
    #expect(verify.status == 0, "\(verify.stderr)")
  }

  /// With a distant server the number of round trips counts, not the number of documents.
  @Test func aThousandDocumentsAreFewQuestions() async throws {
    func roundTrips(_ documents: Int) async throws -> Int {
      let bench = try await FaultyNode(["--documents", "\(documents)"])
      let result = try await bench.octokey(["rotate-master-key", "--yes"], ["--count"])
      #expect(result.status == 0, "\(result.stderr)")
      return try #require(result.stdout.split(separator: "\n").last.flatMap { Int($0) })
    }
    let few = try await roundTrips(60)
    let many = try await roundTrips(1060)
    #expect(many - few < 250, "\(few) for 60 documents, \(many) for 1,060")
  }

  @Test(arguments: [
    (["--at", "SELECT", "--nth", "9"], false), (["--at", "UPDATE", "--nth", "3"], true),
    (["--at", "COMMIT"], true),
  ])
  func aKilledClientIsRecovered(_ moment: [String], _ leavesJournal: Bool) async throws {
    let bench = try await FaultyNode()
    let result = try await bench.rotate(moment + ["--run", "kill -KILL $CHILD"])
    #expect(result.status == 137, "\(result.stderr)")
    #expect(try bench.node.node.files("octokey-journal").isEmpty != leavesJournal)
    if leavesJournal {
      let recovered = try await bench.octokey(["recover"])
      #expect(recovered.status == 0, "\(recovered.stderr)")
    }
    let verify = try await bench.octokey(["verify"])
    #expect(verify.status == 0, "\(verify.stderr)")
    let again = try await bench.rotate([])
    #expect(again.status == 0, "\(again.stderr)")
  }
}
