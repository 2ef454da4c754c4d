// The messages for what stops a rotation or its recovery.

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
        "\(location.quoted) has no table with a JSON or JSONBlob column, or no folder with documents",
        hint: "is this the store of an Octopus Server? --store names another one")
    case .noValues(let location):
      self.init(
        "refusing to rotate: \(location.quoted) contains no sensitive value, so nothing proves "
          + "that it is the database of this node",
        hint: "specify the store with --store; --allow-empty-store rotates it anyway")
    case .sameKey(let fingerprint):
      self.init("the new key is the old key (\(fingerprint))", hint: "give another key, or none")
    case .keyDoesNotFit(let fingerprint, let location, let misfit):
      self.init(
        "the old key (\(fingerprint)) is not the key of \(location.quoted): \(misfit.text); nothing "
          + "was changed",
        hint: "give the key of this store with --old-key-file; octokey verify tries a key"
          + (misfit.isTotal
            ? ""
            : "; if \(misfit.certificateFails ? "the certificate is damaged" : "most values are still under a former key"), "
              + "use --trust-old-key"))
    case .keyUnproven(let fingerprint, let location, let values, let fields):
      self.init(
        "nothing proves that the old key (\(fingerprint)) is the key of \(location.quoted): only "
          + "\(values) binary value\(values == 1 ? "" : "s") can be decrypted, which a wrong key "
          + "can do by chance; nothing was changed",
        hint: "specify the store with --store; to continue, use --trust-old-key"
          + fields.map { " --binary-column \($0)=ciphertext" }.joined())
    case .serverAtWork(let nodes, let tasks):
      self.init(
        live: nodes, tasks: tasks,
        hint: "stop every node (--stop-service stops this one); if they are stopped, wait, or use "
          + "--ignore-live-nodes")
    case .livenessUnknown(let nodes):
      self.init(
        livenessUnknown: nodes,
        hint: "if every server on this store is stopped, use --ignore-live-nodes")
    case .activityUnknown(let reason):
      let failure = Failure(reason)
      self.init(
        "cannot tell whether a server is running: \(failure.message)",
        hint: "if every server on this store is stopped, use --ignore-live-nodes", status: .busy)
    case .forgetfulFolder(let path, let fileSystem):
      self.init(
        "the new key would only be in \(path.quoted), and that folder (\(fileSystem)) is lost with "
          + "this machine or container, but the store is not",
        hint: "make the key first with octokey new-master-key FILE on a persistent volume, and use "
          + "--new-key-file FILE; or continue with --ephemeral-state")
    case .unreadable(let findings, let location):
      self.init(
        "\(findings.count) sensitive value\(findings.count == 1 ? "" : "s") in \(location.quoted) "
          + "cannot be read, see above; nothing was changed",
        hint:
          "--skip-unreadable leaves them unchanged; use --binary-column for a binary column, and "
          + "--accept-binary for values that are not text")
    case .undecidedBinary(let fields, let location):
      self.init(
        "cannot tell whether \(fields.map(\.quoted).joined(separator: ", ")) in "
          + "\(location.quoted) \(fields.count == 1 ? "contains" : "contain") ciphertext of the old key; "
          + "nothing was changed",
        hint: "use "
          + fields.map { "--binary-column \($0)=ciphertext, =vector-last or =plain" }
          .joined(separator: ", ")
          + "; octokey verify --try-keys finds the key of the values")
    case .ledgerMismatch(_, _, let location):
      self.init(
        "\(location.quoted) failed its read-back check; it was rolled back, nothing was changed",
        hint: mayBeFailing)
    case .commitWithoutEffect(let location, let oldValues, let newValues, let expected):
      self.init(
        "\(location.quoted) reported a commit, but has \(newValues) of \(expected) values under the new "
          + "key and \(oldValues) under the old one",
        hint:
          "a proxy on the connection may end transactions; connect to the server itself"
      )
    case .snapshotDiffers(let name, let location, let values, let expected):
      self.init(
        "the database snapshot \(name.quoted) differs from \(location.quoted) before the rotation "
          + (values == expected
            ? "(other values, or other documents)"
            : "(\(values) values under the old key instead of \(expected))"),
        hint: "find out what else writes to the database")
    case .snapshotStays(let notice, let reason, let trouble):
      let reason = Failure(reason)
      self.init(
        "\(reason.message); the database snapshot \(notice.name.quoted) was not dropped "
          + "(\(Failure(trouble).message))",
        hint: (reason.hint.map { $0 + "; and " } ?? "")
          + "drop it if it exists, with a login that may: \(notice.droppedBy.escaped)",
        status: reason.status)
    case .interruptedCommit(let place, let keyFile, let reason):
      let reason = Failure(ofInterruption: reason)
      self.init(
        "the rotation was interrupted: \(reason.message); the new key is in \(keyFile.quoted)",
        hint: recovery(of: place, after: reason), status: .unfinishedRotation)
    case .configNotSwitched(let place, let keyFile, let reason):
      self.init(
        "the store has the new key, the config still has the old one: \(Failure(reason).message); "
          + "the new key is in \(keyFile.quoted)",
        hint: recovery(of: place, after: reason), status: .unfinishedRotation)
    case .journalStays(let place, let reason):
      self.init(
        "the rotation is done, but its journal could not be removed: \(Failure(reason).message)",
        hint: recovery(of: place, after: reason), status: .unfinishedRotation)
    case .journalUnreadable(let path):
      self.init(
        "cannot read \(path.quoted): it is damaged, or written by another version of octokey",
        hint:
          "octokey verify --store shows whether a key decrypts the store; move the journal away "
          + "once store and config have the same key", status: .unfinishedRotation)
    case .recoveryFoundNothing(let journal, let location, let expected):
      self.init(
        "\(location.quoted) contains no sensitive value, but the rotation in \(journal.quoted) found "
          + "\(expected); nothing was changed",
        hint:
          "is the volume mounted, and is this the database of that rotation? if that is elsewhere now, "
          + "move this one away, and use --store; keep both keys",
        status: .unfinishedRotation)
    case .recoveryElsewhere(let journal, let recorded, let found, let values, let expected):
      self.init(
        "the rotation in \(journal.quoted) is of \(recorded.quoted), and \(found.quoted) has other "
          + "values (\(values) instead of \(expected), or different ones); nothing was changed",
        hint: "specify the rotated store with --store; a changed copy is another store",
        status: .unfinishedRotation)
    case .recoveryOfOtherConfig(let journal, let recorded, let found, let store):
      self.init(
        "\(journal.quoted) is the journal of a rotation \(recorded.map { "of \($0.quoted)" } ?? "without a config"), "
          + "not of \(found.path.quoted); nothing was changed",
        hint: recorded == nil
          ? "octokey recover \(NodePlace.stateFolder(FilePath(journal).folder).option)"
          : "specify the store with --store (the rotated one: \(store.text)); in a copied folder "
            + "nothing can be recovered",
        status: .unfinishedRotation)
    case .recoveryOfOtherStore(let journal, let store, let named):
      self.init(
        "the rotation in \(journal.quoted) is of \(store.location.quoted), but the config names "
          + "\(named?.quoted ?? "a store that cannot be read"); nothing was changed",
        hint: "specify the store with --store (the rotated one: \(store.text))",
        status: .unfinishedRotation)
    case .recoveryOfCopy(let journal, let store, let given):
      self.init(
        "\(given.quoted) is a copy or another store: the rotation in \(journal.quoted) is of "
          + "\(store.location.quoted), which still exists or cannot be ruled out; nothing was changed",
        hint: store.path == nil
          ? "recover that one (\(store.text)); if this is that store now, as after a failover, use --moved"
          : "recover that one (\(store.text)); if it is no longer needed, move it away first",
        status: .unfinishedRotation)
    case .recoveryOfFormerStore(let journal, let store, let given):
      self.init(
        "every value in \(given.quoted) is under the old key, as in any copy from before the rotation in "
          + "\(journal.quoted), which is of \(store.location.quoted); nothing was changed",
        hint:
          "restore the rotated store to its place; if this is that store now, as after a failover or "
          + "a move, use --moved",
        status: .unfinishedRotation)
    case .recoveryStoreMissing(let journal, let reason):
      self.init(
        "the store of the rotation in \(journal.quoted) cannot be read: \(Failure(reason).message)",
        hint: "mount or restore it; if it has moved, specify it with --store",
        status: .unfinishedRotation)
    case .otherKey(let source, let expected):
      self.init(
        "the key in \(source.quoted) is not the key of the interrupted rotation (\(expected))",
        hint: "the name of a key file ends in the first characters of the fingerprint")
    case .recoveryNeedsKey(let role, let fingerprint, let expectedAt, let trouble):
      let place = expectedAt.map { "; it was in \($0.quoted)" } ?? ""
      let reason = trouble.map { " (\(Failure($0).message))" } ?? ""
      self.init(
        "the \(role.rawValue) key (\(fingerprint)) is needed to continue\(place)\(reason)",
        hint: role == .new ? "give it with --key-file" : "give it with --old-key-file",
        status: .unfinishedRotation)
    case .recoveryUnclear(let journal, let findings, let location):
      self.init(
        (findings.count == 1
          ? "one sensitive value in \(location.quoted) decrypts"
          : "\(findings.count) sensitive values in \(location.quoted) decrypt")
          + " with neither key of the interrupted rotation, see above; nothing was changed",
        hint: "is this the store of that rotation, or was another backup restored? octokey verify "
          + "--key-file shows what a key decrypts; if it is the store, --skip-unreadable leaves "
          + "them unchanged; move \(journal.quoted) away only if it is not of this store",
        status: .unfinishedRotation)
    }
  }
}

private let mayBeFailing =
  "the device or the database may be failing; test both before trying again"

extension Failure {
  /// What interrupted a rotation, of which some values may be written: a read-back check that failed says no more than that.
  fileprivate init(ofInterruption error: RotationError) {
    guard case .ledgerMismatch(_, _, let location) = error else {
      self.init(error)
      return
    }
    self.init("\(location.quoted) failed its read-back check", hint: mayBeFailing)
  }

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
  /// In the form of `--store`; a server needs more than its name.
  fileprivate var text: String { "\(kind):\(location)" }
}

extension KeyMisfit {
  var text: String {
    let count = "it decrypts \(decrypted) of \(decrypted + failed) different sensitive values"
    guard certificateFails else { return count }
    return count
      + (isTotal
        ? ", and not the server's certificate"
        : ", but not the server's certificate, which decides")
  }
}

extension NodePlace {
  var words: String {
    switch self {
    case .config(let path): "config \(path.quoted)"
    case .stateFolder(let path): "state folder \(path.quoted)"
    }
  }

  /// The option that selects it.
  var option: String {
    switch self {
    case .config(let path): "--config \(path.shellWord)"
    case .stateFolder(let path): "--state-dir \(path.shellWord)"
    }
  }
}

/// The hint after a commit: first what removes the obstacle, which would stop `recover` again.
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
