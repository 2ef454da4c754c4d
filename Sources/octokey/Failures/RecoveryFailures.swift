// Words for rotations that were interrupted, and for what stands in the way of their recovery.

import OctopusKeys

extension Failure {
  /// The cases of `KeysError` that have to do with an interruption.
  init(interruption error: KeysError) {
    switch error {
    case .unfinishedRotation(let config, let journal):
      self.init(
        "a rotation was interrupted and must be finished or taken back first (\(journal.quoted))",
        hint: "octokey recover --config \(config.quoted)", status: .unfinishedRotation)
    case .journalUnreadable(let path):
      self.init(
        "\(path.quoted) is no journal of a rotation that this octokey can read",
        hint: "octokey verify --store tells which key opens the store; set the journal aside once "
          + "store and config agree", status: .unfinishedRotation)
    case .interruptedCommit(let config, let keyFile, let reason):
      self.init(
        "the rotation stopped half-way: \(Failure(reason).message); the new key is in "
          + "\(keyFile.quoted)",
        hint: "octokey recover --config \(config.quoted)", status: .unfinishedRotation)
    case .configNotSwitched(let config, let keyFile, let reason):
      self.init(
        "the sensitive values and the config are not together again: \(Failure(reason).message); "
          + "the new key is in \(keyFile.quoted)",
        hint: "octokey recover --config \(config.quoted)", status: .unfinishedRotation)
    case .journalStays(let config, let reason):
      self.init(
        "the rotation is done, but its journal is still there: \(Failure(reason).message)",
        hint: "octokey recover --config \(config.quoted)", status: .unfinishedRotation)
    case .interrupted(let signal):
      self.init("stopped by \(signal), nothing was changed")
    case .otherStore(let journal, let expected, let found):
      self.init(
        "the rotation in \(journal.quoted) was one of \(expected.quoted), not of \(found.quoted)",
        hint: "--store says where the documents are now")
    case .otherKey(let source, let expected):
      self.init(
        "the key in \(source.quoted) is not the one of the interrupted rotation (\(expected))",
        hint: "the file name of a key file ends in the first characters of its fingerprint")
    case .recoveryNeedsKey(let role, let fingerprint, let expectedAt):
      let place = expectedAt.map { "; it was in \($0.quoted)" } ?? ""
      self.init(
        "the \(role == .new ? "new" : "old") key (\(fingerprint)) is needed to go on\(place)",
        hint: role == .new ? "--key-file says where it is" : "--old-key-file says where it is",
        status: .unfinishedRotation)
    case .recoveryUnclear(let journal, let findings, let location):
      self.init(
        "\(findings.count) sensitive values in \(location.quoted) open under neither key of the "
          + "interrupted rotation; nothing was changed",
        hint: "is this the store of that rotation, or was another backup restored? set "
          + "\(journal.quoted) aside if it has nothing to do with this store",
        status: .unfinishedRotation)
    default: self.init("unexpected error")
    }
  }
}
