// The database snapshot from before a rotation, as reports have it, and what is to be done about it. The statements go
// back to it only on purpose: a person who runs the steps one by one must not come upon them unawares.

import OctopusKeys

struct SnapshotReport: Encodable {
  static let schema: Schema = [
    "name": .string, "revertedBy": .list(.string), "droppedBy": .string, "verified?": .boolean,
    "problem?": .string,
  ]

  let name: String
  let revertedBy: [String]
  let droppedBy: String
  /// Whether it was read and holds what was there before; nil after an interruption: it was not read then.
  let verified: Bool?
  /// Why it is useless.
  let problem: String?

  init(_ snapshot: Rotation.Snapshot) {
    self.init(snapshot.notice, isVerified: snapshot.trouble == nil, snapshot.trouble)
  }

  /// After an interruption.
  init(_ notice: DatabaseSnapshot.Notice) { self.init(notice, isVerified: nil, nil) }

  private init(_ notice: DatabaseSnapshot.Notice, isVerified: Bool?, _ trouble: StoreError?) {
    name = notice.name
    revertedBy = notice.revertedBy
    droppedBy = notice.droppedBy
    verified = isVerified
    problem = trouble.map { Failure($0).message }
  }

  /// The line of a report.
  var line: String {
    let words =
      switch verified {
      case true?: "holds every value from before, under the old key"
      case false?: "useless, it cannot be read"
      case nil: "was not read"
      }
    return "Snapshot:     \(name) (\(words))"
  }

  /// After a rotation that is done.
  ///
  /// - Parameter configCopy: the copy of the config that holds the old key.
  func steps(configCopy: String?) -> [String] {
    if let problem {
      return [
        "the database snapshot \(name.quoted) cannot be read (\(problem)): it cannot be reverted to, drop it",
        drop,
      ]
    }
    let config =
      configCopy.map { "put \($0.quoted) back in the place of the config, give the other nodes" }
      ?? "give every node"
    return [
      "the database snapshot \(name.quoted) is the database from before the rotation"
        + (verified == nil ? " (it was not read to prove that)" : "")
        + ", with all old ciphertext: drop it when the rotation is verified and is not to be undone",
      drop,
      "only to go back to it, which loses everything that was written since: stop every node, drop every "
        + "other snapshot of this database, run the next \(revertedBy.count) statements, "
        + "\(config) the old key again (octokey set-master-key), and make a full backup, which the backups of "
        + "the log begin with",
    ] + revertedBy.map { "only to go back: " + $0.escaped }
  }

  /// After a rotation that was rolled back.
  var stepsAfterRollBack: [String] {
    [
      "the database snapshot \(name.quoted) was made for the rotation that was rolled back: if it is there, drop it",
      drop,
    ]
  }

  private var drop: String { "run: " + droppedBy.escaped }
}

extension [StoreResidue] {
  /// Without the snapshot of a rotation, of which more is said.
  func without(_ snapshot: SnapshotReport?) -> [StoreResidue] {
    filter { residue in
      if case .databaseSnapshot(snapshot?.name, _) = residue { false } else { true }
    }
  }
}
