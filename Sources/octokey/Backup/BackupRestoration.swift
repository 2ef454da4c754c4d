// Restores a backup: every check comes before the first write; then the store, and the config last. After
// an interruption in between the same command can be run again.

import FoundationEssentials
import Native
import OctopusKeys
import Stores

struct BackupRestoration {
  let backup: BackupFolder
  let contents: BackupContents
  /// Nil for a backup of a store without a config.
  let configPath: String?
  let target: StoreLocation
  let machineKeys: MachineKeys
  let storeWasNamed: Bool
  let overwrites: Bool
  let ignoresLiveNodes: Bool
  let inPlace: Bool
  let now: Date

  private var fingerprint: String { backup.manifest.key.fingerprint }

  /// - Parameter audit: records each change when it is made.
  func run(_ audit: AuditTrail) throws -> RestoreReport {
    guard let configPath, let config = contents.config else { return try restoreStoreAlone(audit) }
    let transfer = try ConfigTransfer(
      config, of: contents, to: machineKeys,
      connection: connection(in: config, at: configPath))
    let isThere = try FileStatus.isThere(configPath)
    let edit: LockedConfigFile? = isThere ? try .lock(configPath, patience: .zero) : nil
    let lock = isThere ? nil : try lockFolder(of: configPath)
    let present: ConfigFile? =
      switch edit {
      case .some(let edit): edit.file
      case .none: nil
      }
    let isSame = present?.bytes == transfer.bytes
    if !isSame { try present?.requireReplaceable(inPlace: inPlace) }
    var report = report(
      config: .init(
        path: configPath, changed: !isSame, reprotected: transfer.reprotected,
        unreadable: transfer.unreadable))
    let owner = try FileOwner.ofFolder(of: configPath)
    if let snapshot = backup.snapshotLocation {
      let examination = try StoreRestoration.Examination(
        StoreLocation(snapshot, relativeTo: "/"), for: target)
      report.notes = BackupRestoration.notes(examination)
      let isOther = examination.present == .other
      if isOther { try requireOverwriting() }
      if let present, !isSame { try requireMayReplace(present) }
      if present == nil { try requireNewConfig(configPath, transfer.bytes.count, owner) }
      try replaceStore(examination, others: 2 * transfer.bytes.count, &report, audit)
    } else {
      try requireOwnKey()
      if let present, !isSame { try requireMayReplace(present) }
      if present == nil { try requireNewConfig(configPath, transfer.bytes.count, owner) }
    }
    do {
      switch edit {
      case .some(let edit):
        if !isSame {
          report.config?.backup = try edit.replace(
            with: transfer.bytes, backupAt: now, inPlace: inPlace)
          audit.record(change: "the config \(configPath.quoted) was restored")
        }
      case .none:
        try NewFile.create(
          configPath, contents: transfer.bytes.span, owner: owner,
          mode: (backup.manifest.config?.mode ?? 0o600) & 0o664
        ).commit()
        audit.record(change: "the config \(configPath.quoted) was restored")
      }
    } catch {
      guard report.store.changed else { throw error }
      throw CommandError.restoredHalf(
        .config(configPath, isWritten: Failure(describing: error).status == .incomplete),
        former: report.store.former, reason: .init(error))
    }
    _ = consume lock
    probeStore(&report)
    return report
  }

  private func restoreStoreAlone(_ audit: AuditTrail) throws -> RestoreReport {
    var report = report(config: nil)
    if let snapshot = backup.snapshotLocation {
      let examination = try StoreRestoration.Examination(
        StoreLocation(snapshot, relativeTo: "/"), for: target)
      report.notes = BackupRestoration.notes(examination)
      if examination.present == .other { try requireOverwriting() }
      try replaceStore(examination, others: 0, &report, audit)
    } else {
      try requireOwnKey()
    }
    probeStore(&report)
    return report
  }

  private func report(config: RestoreReport.Config?) -> RestoreReport {
    let store = target.store()
    return RestoreReport(
      folder: backup.path, fingerprint: fingerprint, config: config,
      store: .init(
        kind: store.kind, location: store.location, statement: backup.manifest.store.statement))
  }

  /// Puts the snapshot in the place of the store, unless they are the same.
  ///
  /// - Parameter others: the bytes of files that are still to be written.
  private func replaceStore(
    _ examination: StoreRestoration.Examination, others: Int, _ report: inout RestoreReport,
    _ audit: AuditTrail
  ) throws {
    guard examination.present != .same else { return }
    let owner = try FileOwner.ofFolder(of: report.store.location)
    try examination.requireWritable(owner: owner, others: others)
    let replaced = examination.present == .other ? try lockReplaced(examination) : nil
    report.store.former = try restoreStore(examination, owner, audit)
    replaced?.rollback()
    report.store.changed = true
  }

  private func probeStore(_ report: inout RestoreReport) {
    do {
      report.keyMatchesStore = try KeyProbe(store: target.store(), key: contents.key).opens
    } catch {
      report.storeProblem = Failure(describing: error).message
    }
  }

  private static func notes(_ examination: StoreRestoration.Examination) -> [String] {
    let unclear = examination.formers.filter { !examination.leftovers.contains($0) }
    return examination.leftovers.map {
      "\($0.quoted) has the contents of the backup: it is left over from an interrupted restoration, and can "
        + "be removed"
    }
      + unclear.map {
        "\($0.quoted) may be the former store: the store was missing, as after an interrupted "
          + "restoration"
      }
  }

  private func requireNewConfig(_ path: String, _ count: Int, _ owner: FileOwner?) throws {
    try ReplacementCheck.requireNewFiles(
      in: FilePath(path).folder, owner: owner, bytes: count)
  }

  /// The connection string that the config needs; nil if its own is of the target.
  private func connection(in contents: [UInt8], at path: String) throws -> String? {
    let config = try NodeConfig(contents: contents, path: BackupFolder.config)
    let folder = FilePath(path).folder
    // A string that cannot be read has no target.
    let present = config.value(of: SettingName.connectionString)
      .flatMap { try? StoreLocation($0, relativeTo: folder) }
    if let present, present == target { return nil }
    switch target {
    case .sqlite(let path): return "sqlite:" + seen(path, from: folder)
    case .directory(let path): return "directory:" + seen(path, from: folder)
    case .sqlServer(let connection, _): return storeWasNamed ? connection.text : nil
    case .odbc(let connection): return storeWasNamed ? "odbc:" + connection.text : nil
    }
  }

  /// A path as the config is to have it: the name alone for a file beside the config.
  private func seen(_ path: String, from folder: String) -> String {
    let name = path.hasPrefix(folder + "/") ? path.dropFirst(folder.count + 1) : path[...]
    return String(name.contains("/") ? path[...] : name)
  }

  private func lockFolder(of configPath: String) throws -> FileLock {
    let path = FilePath(configPath).folder
    // The config may be missing: the remaining files of the node belong to the folder's owner.
    let folder = StateFolder(path: path, owner: try FileStatus.read(path).owner)
    let lock = try folder.lock(for: .config(configPath))
    try folder.requireNoJournal(of: .config(configPath))
    return lock
  }

  /// - Returns: the path of the former store.
  private func restoreStore(
    _ examination: StoreRestoration.Examination, _ owner: FileOwner?, _ audit: AuditTrail
  ) throws -> String? {
    let (location, manifest) = (target.store().location, backup.manifest.store)
    let restoration = try StoreRestoration.prepare(
      examination, journalMode: manifest.journalMode)
    let (former, unconfirmed): (String?, StoreError?)
    do {
      (former, unconfirmed) = try restoration.commit(
        mode: (manifest.mode ?? 0o600) & modesOfStore, owner: owner,
        stamp: TimeStamp.forFileName(now))
    } catch {
      // Nothing was changed, or the store has lost its name.
      guard Failure(error).status == .incomplete else { throw error }
      throw CommandError.restoredHalf(
        .store(location, config: configPath), former: nil, reason: .init(error))
    }
    audit.record(change: "the store \(location.quoted) was restored")
    if let unconfirmed {
      throw CommandError.restoredHalf(
        .store(location, config: configPath), former: former, reason: .init(unconfirmed))
    }
    return former
  }

  /// The mode bits that a manifest may set: never an executable file, never one that all users can write.
  private var modesOfStore: UInt32 { if case .directory = target { 0o775 } else { 0o664 } }

  /// Refuses to replace a store without `--overwrite`.
  private func requireOverwriting() throws {
    guard !overwrites else { return }
    let store = target.store()
    let opens: Bool?
    do {
      opens = try KeyProbe(store: store, key: contents.key).opens
    } catch {
      throw CommandError.wouldOverwrite(
        .unreadableStore(location: store.location, reason: Failure(error).message))
    }
    throw CommandError.wouldOverwrite(
      opens == false
        ? .storeOfOtherKey(location: store.location, backup: fingerprint)
        : .otherStore(location: store.location))
  }

  /// Refuses to replace a store while a server or another octokey uses it, or might use it.
  private func lockReplaced(
    _ examination: StoreRestoration.Examination
  ) throws -> (any Store)? {
    let servers = ServerWatch(
      target, ownName: "", age: .seconds(300), stopsOwn: false, isIgnored: ignoresLiveNodes)
    do {
      try requireQuiet(servers)
      return try examination.lockUnused()
    } catch let error as RotationError {
      // Opening the store for writing rolls the journal back; then the nodes can be read.
      guard case .store(.hotJournal) = error else { throw error }
      let replaced = try examination.lockUnused()
      try requireQuiet(servers)
      return replaced
    }
  }

  private func requireQuiet(_ servers: ServerWatch) throws {
    do throws(RotationError) {
      try servers.requireQuiet()
    } catch {
      switch error {
      // No server can use what is not a database.
      case .store(.notAStore): return
      case .serverAtWork(let nodes, let tasks):
        throw CommandError.restoreWhileLive(nodes: nodes, tasks: tasks)
      default: throw error
      }
    }
  }

  /// Refuses to replace a config without `--overwrite`.
  private func requireMayReplace(_ file: ConfigFile) throws {
    guard !overwrites else { return }
    let found: MasterKey
    do {
      found = try machineKeys.masterKey(of: file.settings()).key.copy()
    } catch {
      throw CommandError.wouldOverwrite(
        .unreadableConfig(path: file.path, reason: Failure(error).message))
    }
    throw CommandError.wouldOverwrite(
      found.equals(contents.key)
        ? .otherConfig(path: file.path)
        : .configOfOtherKey(
          path: file.path, fingerprint: try KeyFingerprint(of: found).description,
          backup: fingerprint))
  }

  /// Refuses a database with another key: a database that its own tools restore must be restored first.
  private func requireOwnKey() throws {
    let store = target.store()
    guard try overwrites || KeyProbe(store: store, key: contents.key).opens != false else {
      throw CommandError.wouldOverwrite(
        .storeOfOtherKey(location: store.location, backup: fingerprint))
    }
  }
}

extension FileOwner {
  /// The owner of a new file at `path`: root gives it to the owner of the folder.
  fileprivate static func ofFolder(of path: String) throws -> FileOwner? {
    FileOwner.current.user == 0 ? try FileStatus.read(FilePath(path).folder).owner : nil
  }
}
