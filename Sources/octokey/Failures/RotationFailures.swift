// Words for what stops a rotation, and for what stands in the way of its recovery.

import Native
import OctopusKeys

extension Failure {
  init(_ error: RotationError) {
    switch error {
    case .native(let error): self.init(error)
    case .store(let error): self.init(error)
    case .key(let error): self.init(error)
    case .config(let error): self.init(error)
    case .interrupted(let signal): self.init(stoppedBy: signal)
    case .noDocuments(let location):
      self.init(
        "\(location.quoted) has no table with a JSON or JSONBlob column",
        hint: "is this the database of an Octopus Server? --store says where the documents are")
    case .noValues(let location):
      self.init(
        "refusing to rotate: there is no sensitive value in \(location.quoted), so nothing shows "
          + "that it is the database of this node",
        hint: "--store says where the documents are; --allow-empty-store rotates it all the same")
    case .sameKey(let fingerprint):
      self.init("the new key is the old key (\(fingerprint))", hint: "choose another key, or none")
    case .keyOpensNothing(let fingerprint, let location, let values):
      self.init(
        "the old key (\(fingerprint)) is not the key of \(location.quoted): it opens none of "
          + "\(values) sensitive values; nothing was changed",
        hint: "--old-key-file says where the key of this store is; octokey verify tries one")
    case .activityUnknown(let reason):
      let failure = Failure(reason)
      self.init(
        "cannot tell whether a server is running: \(failure.message)",
        hint: "if every server on this store is stopped, give --ignore-live-nodes",
        status: failure.status)
    case .unreadable(let findings, let location):
      self.init(
        "\(findings.count) sensitive value\(findings.count == 1 ? "" : "s") in \(location.quoted) "
          + "cannot be read, see above; nothing was changed",
        hint: "--skip-unreadable goes on and leaves them as they are; --binary-column decides for "
          + "a binary column")
    case .ledgerMismatch(_, _, let location):
      self.init(
        "what came back from \(location.quoted) was not what was written; it was rolled back, "
          + "nothing was changed",
        hint: "the device or the database may be failing; test both before you try again")
    case .interruptedCommit(let config, let keyFile, let reason):
      let reason = Failure(reason)
      self.init(
        "the rotation stopped half-way: \(reason.message); the new key is in \(keyFile.quoted)",
        hint: recovery(of: config, after: reason), status: .unfinishedRotation)
    case .configNotSwitched(let config, let keyFile, let reason):
      self.init(
        "the store has the new key, the config still has the old one: \(Failure(reason).message); "
          + "the new key is in \(keyFile.quoted)",
        hint: recovery(of: config, after: reason), status: .unfinishedRotation)
    case .journalStays(let config, let reason):
      self.init(
        "the rotation is done, but its journal is still there: \(Failure(reason).message)",
        hint: recovery(of: config, after: reason), status: .unfinishedRotation)
    case .journalUnreadable(let path):
      self.init(
        "\(path.quoted) is no journal of a rotation that this octokey can read",
        hint: "octokey verify --store tells which key opens the store; set the journal aside once "
          + "store and config agree", status: .unfinishedRotation)
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
    }
  }
}

/// How to go on after a commit: what removes the obstacle comes before `recover`, which would meet it again.
private func recovery(of config: String, after error: NativeError) -> String {
  switch error {
  case .mountPoint, .halfWritten: "octokey recover --in-place --config \(config.quoted)"
  default: recovery(of: config, after: Failure(error))
  }
}

private func recovery(of config: String, after reason: Failure) -> String {
  let recover = "octokey recover --config \(config.quoted)"
  guard let hint = reason.hint, hint != runAgain else { return recover }
  if hint.hasSuffix(", then " + runAgain) { return hint.dropLast(runAgain.count) + recover }
  return "\(hint); then \(recover)"
}
