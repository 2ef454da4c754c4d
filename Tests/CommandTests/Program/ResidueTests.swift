// The steps about old ciphertext that a store keeps: a sentence, and each statement in a line of its own.

import OctopusKeys
import Testing

@testable import octokey

@Suite struct ResidueTests {
  static let statements = ["A;", "B\nC;"]

  @Test(arguments: [
    (
      StoreResidue.temporalHistory(table: "h.T", of: "[dbo].[T]", clearedBy: statements),
      ["\"h.T\"", "[dbo].[T]", "HISTORY_RETENTION_PERIOD"]
    ),
    (.changeTable("cdc.T_CT", clearedBy: statements), ["\"cdc.T_CT\"", "ten minutes"]),
    (.formerFiles(table: "T", column: "C", clearedBy: statements), ["\"C\"", "\"T\"", "log"]),
    (.databaseSnapshot(name: "S", clearedBy: statements), ["\"S\""]),
  ])
  func whatCanBeClearedIsClearedLineByLine(_ residue: StoreResidue, _ words: [String]) {
    let steps = residue.steps
    #expect(steps.dropFirst() == ["run: A;", "run: B\\nC;"])
    for word in words + ["old ciphertext"] {
      #expect(steps[0].contains(word), "\(steps[0])")
    }
  }

  @Test(arguments: [
    StoreResidue.ledgerHistory(table: "h", of: "[dbo].[T]"), .published(table: "T"),
    .snapshotsUnseen, .freePages(count: 3), .writeAheadLog(path: "/x-wal"),
    .unknown(.full(location: "/x")),
    .temporalHistory(table: "h.T", of: "[dbo].[T]", clearedBy: statements),
  ])
  func aStepIsOneLineInTheHousesVoice(_ residue: StoreResidue) {
    for step in residue.steps {
      #expect(!step.contains { $0.isNewline })
      #expect(!step.hasSuffix("."))
      #expect(step.first?.isUppercase == false)
    }
    #expect(residue.steps[0].contains("old ciphertext"))
  }
}
