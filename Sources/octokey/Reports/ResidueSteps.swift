// What is to be done about old ciphertext that a store keeps: a sentence, and then the statements, one in a line, so that
// each can be copied.

import OctopusKeys

extension StoreResidue {
  var steps: [String] {
    switch self {
    case .freePages(let count):
      [
        "\(count) free pages in the database file were free before the rotation and may hold old "
          + "ciphertext: run VACUUM when it suits"
      ]
    case .writeAheadLog(let path):
      [
        "the write-ahead log \"\(path)\" could not be emptied and holds old ciphertext: close "
          + "whatever has the database open, then run PRAGMA wal_checkpoint(TRUNCATE)"
      ]
    case .temporalHistory(let table, let current, let statements):
      [
        "\(table.quoted) keeps the former rows of \(current.escaped), with old ciphertext: clear it, all of it, "
          + "while no server runs; a HISTORY_RETENTION_PERIOD has to be given again in the last statement"
      ] + lines(statements)
    case .ledgerHistory(let table, let current):
      [
        "\(table.quoted) keeps the former rows of the ledger table \(current.escaped), with old ciphertext, and "
          + "nothing clears it: set the secrets in it to new values"
      ]
    case .changeTable(let table, let statements):
      [
        "\(table.quoted) keeps captured changes, with old ciphertext: clear it when the capture job has gone "
          + "past the rotation, ten minutes from now; whoever reads the changes has to have read them"
      ] + lines(statements)
    case .published(let table):
      [
        "\(table.quoted) is published: subscribers have old ciphertext until they are synchronized, and the "
          + "distribution database until its retention is over; see that both have happened"
      ]
    case .formerFiles(let table, let column, let statements):
      [
        "the former files of the FILESTREAM column \(column.quoted) of \(table.quoted) hold old ciphertext "
          + "until they are collected; where the recovery model is not SIMPLE, back up the log first"
      ] + lines(statements)
    case .databaseSnapshot(let name, let statements):
      [
        "the database snapshot \(name.quoted) holds old ciphertext: drop it when it is not needed as a way back"
      ] + lines(statements)
    case .snapshotsUnseen:
      [
        "the login does not see every database of the server: snapshots of this one hold old ciphertext, if "
          + "there are any; somebody with VIEW ANY DATABASE can look",
        "run: SELECT name FROM sys.databases WHERE source_database_id IS NOT NULL;",
      ]
    case .unknown(let reason):
      [
        "what the store keeps of its former contents could not be cleared "
          + "(\(Failure(reason).message)): old ciphertext may be left in it"
      ]
    }
  }

  private func lines(_ statements: [String]) -> [String] { statements.map { "run: " + $0.escaped } }
}
