// A server that has rolled back the transaction, and a driver that goes on as if nothing had happened:
// with the next statement Microsoft's begins another transaction, FreeTDS commits every statement by
// itself, and either reports the commit at the end as done. Only what is read afterwards tells.

import Foundation
import Outside
import Testing

@Suite struct LostTransactionTests {
  /// A rotation whose transaction was lost at a moment, and what is wrong afterwards; nil if nothing is.
  private struct Loss: Sendable {
    let moment: Int
    let ending: Ending
    let fault: String?
  }

  /// How often a rotation hears that it is in a transaction.
  private func moments(_ recorded: LosingNode) async throws -> Int {
    let node = try await LosingNode(recorded: recorded.recorded)
    defer { try? node.drop() }
    let result = try await node.rotate(["--count"])
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await node.fault(after: result) == nil)
    return try #require(result.stdout.split(separator: "\n").last.flatMap { Int($0) })
  }

  /// Rotates a fresh node for each moment, two at once, with the transaction lost at that moment.
  private func lose(
    _ moments: [Int], _ recorded: LosingNode, _ options: [String] = []
  ) async throws -> [Loss] {
    @Sendable func lose(_ moment: Int, _ recorded: String) async throws -> Loss {
      let node = try await LosingNode(recorded: recorded)
      defer { try? node.drop() }
      let ending = try await node.rotate(["--steal", "\(moment)"] + options)
      return Loss(moment: moment, ending: ending, fault: try await node.fault(after: ending))
    }
    let file = recorded.recorded
    return try await withThrowingTaskGroup(of: Loss.self) { group in
      var results: [Loss] = []
      for (index, moment) in moments.enumerated() {
        if index >= 2, let result = try await group.next() { results.append(result) }
        group.addTask { try await lose(moment, file) }
      }
      for try await result in group { results.append(result) }
      return results.sorted { $0.moment < $1.moment }
    }
  }

  private func expectTruth(_ results: [Loss]) {
    for result in results {
      let fault = result.fault.map { "lost at \(result.moment): \($0)" }
      #expect(fault == nil)
      #expect(!result.ending.stderr.contains("did not come about"), "lost at \(result.moment)")
    }
    // While the documents are being written a loss cannot be put right: it has to be said.
    let refused = results.filter { $0.ending.status == 1 }
    #expect(refused.contains { $0.ending.stderr.contains("transaction") })
  }

  @Test func aTransactionThatBeginsAgainIsNoticedAtEveryMoment() async throws {
    let recorded = try await LosingNode()
    let moments = try await moments(recorded)
    #expect(moments > 40)
    expectTruth(try await lose(Array(1...moments), recorded))
  }

  /// Every fifth moment: the test before this one has them all.
  @Test func statementsThatCommitThemselvesAreNoticed() async throws {
    let recorded = try await LosingNode()
    let moments = Array(stride(from: 2, through: try await moments(recorded), by: 5))
    expectTruth(try await lose(moments, recorded, ["--autocommit"]))
  }

  @Test func aCommitThatRolledBackIsNotBelieved() async throws {
    let node = try await LosingNode()
    let result = try await node.rotate(["--drop-commit"])
    #expect([1, 3].contains(result.status), "\(result.stderr)")
    #expect(try await node.fault(after: result) == nil)
  }

  /// A document with values, by its name.
  private func document(_ node: LosingNode) throws -> (id: String, json: String, values: Int) {
    let query = "FROM \"VariableSet\" WHERE \"JSON\" LIKE '%==|%' OR \"JSON\" LIKE '%=|%'"
    let id = try node.node.database.run("SELECT \"Id\" \(query) ORDER BY \"Id\" DESC LIMIT 1")
      .trimmingCharacters(in: .newlines)
    let json = try node.node.database.run(
      "SELECT \"JSON\" FROM \"VariableSet\" WHERE \"Id\" = '\(id)'")
    return (id, String(json.dropLast()), json.matches(of: /=?"?\|[A-Za-z0-9+\/]{22}==/).count)
  }

  /// What is under the old key after the commit is found by the proof, and brought along by the recovery.
  @Test func aDocumentThatReturnsIsFoundBeforeTheConfigChanges() async throws {
    let node = try await LosingNode()
    let document = try document(node)
    let shell = try await node.shell(
      "UPDATE \"VariableSet\" SET \"JSON\" = $json$\(document.json)$json$ WHERE \"Id\" = '\(document.id)'"
    )
    let result = try await node.rotate(["--lose-after-commit", shell])
    #expect(result.status == 3, "\(result.stdout) \(result.stderr)")
    let between = try await node.verdict()
    #expect(between.configHoldsOldKey && between.old > 0 && between.old < 50, "\(between)")
    #expect(between.missing == 0 && between.more == 0, "\(between)")
    #expect(try !node.journals.isEmpty)
    let recovered = try await node.octokey(["recover"])
    #expect(recovered.status == 0, "\(recovered.stderr)")
    let after = try await node.verdict()
    #expect(after.isWhole && !after.configHoldsOldKey && after.old == 0, "\(after)")
    #expect(try node.journals.isEmpty)
  }

  /// What is gone after the commit cannot be brought back, but it is not passed over.
  @Test func aDocumentThatDisappearsIsCounted() async throws {
    let node = try await LosingNode()
    let document = try document(node)
    let shell = try await node.shell("DELETE FROM \"VariableSet\" WHERE \"Id\" = '\(document.id)'")
    let result = try await node.rotate(["--lose-after-commit", shell])
    #expect(result.status == 3, "\(result.stdout) \(result.stderr)")
    let between = try await node.verdict()
    #expect(between.configHoldsOldKey && between.missing > 0, "\(between)")
    #expect(try !node.journals.isEmpty)
    let recovered = try await node.octokey(["recover"])
    #expect(recovered.status == 2, "\(recovered.stderr)")
    let words = recovered.stdout + recovered.stderr
    let numbers = Set(words.matches(of: /[0-9]+/).map { String($0.output) })
    let there = ["\(between.values)", "\(between.values + between.missing)"]
    #expect(numbers.contains("\(between.missing)") || numbers.isSuperset(of: there), "\(words)")
    let after = try await node.verdict()
    #expect(after.config == after.values && after.missing == between.missing, "\(after)")
    #expect(!after.configHoldsOldKey && after.old == 0, "\(after)")
  }
}
