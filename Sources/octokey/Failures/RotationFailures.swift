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
    case .keyDoesNotFit(let fingerprint, let location, let misfit):
      self.init(
        "the old key (\(fingerprint)) is not the key of \(location.quoted): \(misfit.text); nothing "
          + "was changed",
        hint: "--old-key-file says where the key of this store is, octokey verify tries one"
          + (misfit.isTotal
            ? ""
            : "; if \(misfit.certificateFails ? "the certificate is damaged" : "most values were left under a former key"), "
              + "--trust-old-key goes on"))
    case .keyUnproven(let fingerprint, let location, let values, let fields):
      self.init(
        "nothing proves that the old key (\(fingerprint)) is the key of \(location.quoted): only "
          + "\(values) binary value\(values == 1 ? "" : "s") can be decrypted, and a wrong key "
          + "gets so far by chance; nothing was changed",
        hint: "--store says where the documents are; --trust-old-key"
          + fields.map { " --binary-column \($0)=ciphertext" }.joined() + " goes on")
    case .serverAtWork(let nodes, let tasks):
      self.init(
        live: nodes, tasks: tasks,
        hint: "stop every node (--stop-service stops this one); if they are stopped, wait, or give "
          + "--ignore-live-nodes")
    case .livenessUnknown(let nodes):
      self.init(
        livenessUnknown: nodes,
        hint: "if every server on this store is stopped, give --ignore-live-nodes")
    case .activityUnknown(let reason):
      let failure = Failure(reason)
      self.init(
        "cannot tell whether a server is running: \(failure.message)",
        hint: "if every server on this store is stopped, give --ignore-live-nodes", status: .busy)
    case .forgetfulFolder(let path, let fileSystem):
      self.init(
        "the new key would only be in \(path.quoted), and that folder (\(fileSystem)) does not "
          + "outlive this machine or container, but the store does",
        hint: "make the key first, octokey new-master-key FILE on a volume that stays, and give it "
          + "with --new-key-file FILE; --ephemeral-state goes on without")
    case .unreadable(let findings, let location):
      self.init(
        "\(findings.count) sensitive value\(findings.count == 1 ? "" : "s") in \(location.quoted) "
          + "cannot be read, see above; nothing was changed",
        hint: "--skip-unreadable goes on and leaves them as they are; --binary-column decides for "
          + "a binary column, and --accept-binary for values that are not text")
    case .undecidedBinary(let fields, let location):
      self.init(
        "it is not clear whether \(fields.map(\.quoted).joined(separator: ", ")) in "
          + "\(location.quoted) \(fields.count == 1 ? "holds" : "hold") ciphertext of the old key; nothing "
          + "was changed",
        hint: fields.map { "--binary-column \($0)=ciphertext, =vector-last or =plain" }
          .joined(separator: ", ")
          + " decides; octokey verify --try-keys tells whose the values are")
    case .ledgerMismatch(_, _, let location):
      self.init(
        "what came back from \(location.quoted) was not what was written; it was rolled back, "
          + "nothing was changed",
        hint: "the device or the database may be failing; test both before you try again")
    case .commitWithoutEffect(let location, let oldValues, let newValues, let expected):
      self.init(
        "\(location.quoted) said that it committed, and now holds \(newValues) of \(expected) values under the new "
          + "key and \(oldValues) under the old one",
        hint:
          "the connection may lead through a program that ends transactions; connect to the server itself"
      )
    case .snapshotDiffers(let name, let location, let values, let expected):
      self.init(
        "the database snapshot \(name.quoted) does not hold what \(location.quoted) held before the rotation "
          + (values == expected
            ? "(other values, or other documents)"
            : "(\(values) values under the old key instead of \(expected))"),
        hint: "find out who writes to the database besides octokey")
    case .snapshotStays(let notice, let reason, let trouble):
      let reason = Failure(reason)
      self.init(
        "\(reason.message); the database snapshot \(notice.name.quoted) was not dropped "
          + "(\(Failure(trouble).message))",
        hint: (reason.hint.map { $0 + "; and " } ?? "")
          + "somebody with the right to it has to drop it, if it is there: \(notice.droppedBy.escaped)",
        status: reason.status)
    case .interruptedCommit(let place, let keyFile, let reason):
      let reason = Failure(reason)
      self.init(
        "the rotation stopped half-way: \(reason.message); the new key is in \(keyFile.quoted)",
        hint: recovery(of: place, after: reason), status: .unfinishedRotation)
    case .configNotSwitched(let place, let keyFile, let reason):
      self.init(
        "the store has the new key, the config still has the old one: \(Failure(reason).message); "
          + "the new key is in \(keyFile.quoted)",
        hint: recovery(of: place, after: reason), status: .unfinishedRotation)
    case .journalStays(let place, let reason):
      self.init(
        "everything is done, but the journal of the rotation is still there: \(Failure(reason).message)",
        hint: recovery(of: place, after: reason), status: .unfinishedRotation)
    case .journalUnreadable(let path):
      self.init(
        "\(path.quoted) is no journal of a rotation that this octokey can read",
        hint: "octokey verify --store tells which key opens the store; set the journal aside once "
          + "store and config agree", status: .unfinishedRotation)
    case .recoveryFoundNothing(let journal, let location, let expected):
      self.init(
        "\(location.quoted) holds no sensitive value, and the rotation in \(journal.quoted) found "
          + "\(expected); nothing was changed",
        hint:
          "is the volume mounted, and is this the database of that rotation? if it is elsewhere now, "
          + "move this one away, and name it with --store; keep both keys",
        status: .unfinishedRotation)
    case .recoveryElsewhere(let journal, let recorded, let found, let values, let expected):
      self.init(
        "the rotation in \(journal.quoted) was one of \(recorded.quoted), and \(found.quoted) does "
          + "not hold the same values (\(values) instead of \(expected), or other ones); nothing was "
          + "changed",
        hint: "--store says where the documents are now; a copy that was changed is another store",
        status: .unfinishedRotation)
    case .recoveryOfOtherConfig(let journal, let recorded, let found, let store):
      self.init(
        "\(journal.quoted) is the journal of a rotation \(recorded.map { "of \($0.quoted)" } ?? "without a config"), "
          + "and not of \(found.path.quoted); nothing was changed",
        hint: recorded == nil
          ? "octokey recover \(NodePlace.stateFolder(FilePath(journal).folder).option)"
          : "--store says which store is meant (the one that was rotated: \(store.text)); in a "
            + "copied folder nothing can be recovered",
        status: .unfinishedRotation)
    case .recoveryOfOtherStore(let journal, let store, let named):
      self.init(
        "the rotation in \(journal.quoted) was one of \(store.location.quoted), and the config names "
          + "\(named?.quoted ?? "a store that cannot be read"); nothing was changed",
        hint: "--store says which one is meant (the one that was rotated: \(store.text))",
        status: .unfinishedRotation)
    case .recoveryOfCopy(let journal, let store, let given):
      self.init(
        "\(given.quoted) is a copy or another store: the rotation in \(journal.quoted) was one of "
          + "\(store.location.quoted), which still exists or cannot be ruled out; nothing was changed",
        hint: store.path == nil
          ? "recover that one (\(store.text)); if it is this one now, as after a failover, --moved says so"
          : "recover that one (\(store.text)); if it is of no use any more, move it away first",
        status: .unfinishedRotation)
    case .recoveryOfFormerStore(let journal, let store, let given):
      self.init(
        "every value in \(given.quoted) is under the old key, as in any copy from before the rotation in "
          + "\(journal.quoted), which was one of \(store.location.quoted); nothing was changed",
        hint:
          "bring the store that was rotated back to its place; if it is this one now, as after a "
          + "failover or a move, --moved says so",
        status: .unfinishedRotation)
    case .recoveryStoreMissing(let journal, let reason):
      self.init(
        "the store of the rotation in \(journal.quoted) cannot be read: \(Failure(reason).message)",
        hint: "mount or restore it; if it has another place now, --store says where",
        status: .unfinishedRotation)
    case .otherKey(let source, let expected):
      self.init(
        "the key in \(source.quoted) is not the one of the interrupted rotation (\(expected))",
        hint: "the file name of a key file ends in the first characters of its fingerprint")
    case .recoveryNeedsKey(let role, let fingerprint, let expectedAt, let trouble):
      let place = expectedAt.map { "; it was in \($0.quoted)" } ?? ""
      let reason = trouble.map { " (\(Failure($0).message))" } ?? ""
      self.init(
        "the \(role.rawValue) key (\(fingerprint)) is needed to go on\(place)\(reason)",
        hint: role == .new ? "--key-file says where it is" : "--old-key-file says where it is",
        status: .unfinishedRotation)
    case .recoveryUnclear(let journal, let findings, let location):
      self.init(
        (findings.count == 1
          ? "one sensitive value in \(location.quoted) decrypts"
          : "\(findings.count) sensitive values in \(location.quoted) decrypt")
          + " with neither key of the interrupted rotation, see above; nothing was changed",
        hint: "is this the store of that rotation, or was another backup restored? octokey verify "
          + "--key-file shows what a key decrypts; if it is the store, --skip-unreadable leaves "
          + "them as they are; move \(journal.quoted) away only if it has nothing to do with this store",
        status: .unfinishedRotation)
    }
  }
}

extension Failure {
  /// The database shows a server at work. The hint names the options that the command has.
  init(live nodes: [String], tasks: Int, hint: String) {
    let live =
      nodes.isEmpty ? [] : ["live nodes (\(nodes.map(\.quoted).joined(separator: ", ")))"]
    let running = tasks == 0 ? [] : ["\(tasks) running task\(tasks == 1 ? "" : "s")"]
    self.init(
      "the database shows " + (live + running).joined(separator: " and ")
        + "; nothing was changed", hint: hint, status: .busy)
  }

  init(livenessUnknown nodes: [String], hint: String?) {
    self.init(
      "cannot tell whether \(nodes.map(\.quoted).joined(separator: ", ")) "
        + "\(nodes.count == 1 ? "is" : "are") live: the database has no readable time for "
        + (nodes.count == 1 ? "it" : "them"), hint: hint, status: .busy)
  }
}

extension Journal.StoreName {
  /// As `--store` takes it; a server needs more than its name.
  fileprivate var text: String { "\(kind):\(location)" }
}

extension KeyMisfit {
  var text: String {
    let count = "it decrypts \(decrypted) of \(decrypted + failed) different sensitive values"
    return certificateFails ? count + ", and not the server's certificate, which decides" : count
  }
}

extension NodePlace {
  var words: String {
    switch self {
    case .config(let path): "config \(path.quoted)"
    case .stateFolder(let path): "state folder \(path.quoted)"
    }
  }

  /// The option that leads a command there.
  var option: String {
    switch self {
    case .config(let path): "--config \(path.shellWord)"
    case .stateFolder(let path): "--state-dir \(path.shellWord)"
    }
  }
}

/// How to go on after a commit: what removes the obstacle comes before `recover`, which would meet it again.
private func recovery(of place: NodePlace, after error: NativeError) -> String {
  switch error {
  case .mountPoint, .halfWritten: "octokey recover --in-place \(place.option)"
  default: recovery(of: place, after: Failure(error))
  }
}

private func recovery(of place: NodePlace, after reason: Failure) -> String {
  let recover = "octokey recover \(place.option)"
  guard let hint = reason.hint, hint != runAgain else { return recover }
  if hint.hasSuffix(", then " + runAgain) { return hint.dropLast(runAgain.count) + recover }
  return "\(hint); then \(recover)"
}
