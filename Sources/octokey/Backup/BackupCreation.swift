// Makes a backup: the snapshot, the check that the key decrypts it, the secrets, the list of all files.

import FoundationEssentials
import Native
import OctopusKeys
import Stores

struct BackupCreation {
  /// The node; nil for a store without a config.
  let node: OpenedNode?
  let location: StoreLocation
  /// Encryption with the passphrase; nil to store the secrets in plain text.
  let encryption: EncryptedFile?
  let now: Date
  let cancellation: Cancellation
  let progress: PassProgress.Observer

  /// Fills `folder` and gives it its name.
  ///
  /// - Parameter key: the Master Key of the store.
  /// - Returns: also why a certificate in the store was not copied.
  func run(
    into folder: consuming NewFolder, key: borrowing MasterKey
  ) throws -> (manifest: BackupManifest, closedCertificate: PKCS12.Obstacle?) {
    let snapshot = try location.snapshot(into: folder)
    let store = try store(snapshot, in: folder.draft)
    let audit = try StoreAudit.run(
      store: store, key: key, cancellation: cancellation, progress: progress)
    try requireFit(audit, key)
    var closed: PKCS12.Obstacle?
    let certificate = try putCertificate(from: store, key, into: folder, &closed)
    let stamp = TimeStamp.forFileName(now)
    let manifest = BackupManifest(
      created: TimeStamp.forText(now), node: node?.name ?? ProcessInfo.processInfo.hostName,
      key: try .init(key, isSealed: encryption != nil),
      config: try node.map {
        .init(
          path: $0.file.path, mode: $0.file.mode,
          machineKeys: try putMachineKeys(of: $0, into: folder))
      },
      store: .init(
        kind: location.store().kind, location: location.store().location,
        snapshot: snapshot?.name, mode: snapshot?.mode, journalMode: snapshot?.journalMode,
        statement: snapshot == nil ? try location.backupStatement(stamp: stamp) : nil,
        audit: audit),
      certificate: certificate)
    if let node { try put(BackupFolder.config, node.file.bytes.span, into: folder) }
    try KeyFile.contents(key, created: now).withBytes {
      try put(BackupFolder.masterKey, $0, into: folder)
    }
    let json = try manifest.json()
    try folder.write(BackupManifest.fileName, json.span)
    try putList(into: folder)
    try folder.commit()
    return (manifest, certificate == nil ? closed : nil)
  }

  /// The store to verify: the snapshot, or the database itself if there is none.
  private func store(_ snapshot: StoreSnapshot?, in draft: String) throws -> any Store {
    switch (location, snapshot) {
    case (.sqlite, let snapshot?): SQLiteStore(path: draft + "/" + snapshot.name)
    case (.directory, let snapshot?): DirectoryStore(path: draft + "/" + snapshot.name)
    case (.sqlite, nil), (.directory, nil), (.sqlServer, _), (.odbc, _): location.store()
    }
  }

  /// Refuses a store with another key: its backup would be useless.
  private func requireFit(_ audit: Survey, _ key: borrowing MasterKey) throws {
    guard let misfit = audit.misfit else { return }
    throw CommandError.backupOfAnotherStore(
      fingerprint: try KeyFingerprint(of: key).description, location: location.store().location,
      misfit)
  }

  private func putCertificate(
    from store: any Store, _ key: borrowing MasterKey, into folder: borrowing NewFolder,
    _ closed: inout PKCS12.Obstacle?
  ) throws -> String? {
    guard
      let certificate = try ServerCertificate.read(from: store, key: key, closed: &closed)
    else { return nil }
    guard let file = try certificate.protected(with: key) else {
      closed = .unreadable
      return nil
    }
    try folder.write(BackupFolder.certificate, file.span)
    return certificate.thumbprint
  }

  /// The machine keys that protect something in the config.
  private func putMachineKeys(
    of node: OpenedNode, into folder: borrowing NewFolder
  ) throws -> [BackupManifest.MachineKeyFile] {
    let check = try ConfigCheck(
      node.file.bytes, path: node.file.path, machineKeys: node.machineKeys)
    let isByMachineID = check.opened.map { $0.form == .machineID }
    var files: [BackupManifest.MachineKeyFile] = []
    if isByMachineID.contains(true) {
      files.append(.init(name: BackupFolder.machineID, path: node.machineIDPath))
    }
    if isByMachineID.contains(false) {
      files.append(.init(name: BackupFolder.machineKey, path: node.machineKeyPath))
    }
    for file in files {
      // It existed a moment ago, and the manifest lists it.
      guard let contents = try NodeOptions.contents(of: file.path) else {
        throw NativeError.changedMeanwhile(path: file.path)
      }
      try contents.withBytes { try put(file.name, $0, into: folder) }
    }
    return files
  }

  private func putList(into folder: borrowing NewFolder) throws {
    let list = try Checksums(of: folder.draft).text
    try folder.write(Checksums.fileName, list.span)
    if encryption == nil { return }
    let digest = Array(try Checksums.digest(of: list).utf8)
    try put(Checksums.fileName, digest.span, into: folder)
  }

  /// Writes a secret, encrypted if there is a passphrase.
  private func put(
    _ name: String, _ contents: Span<UInt8>, into folder: borrowing NewFolder
  ) throws {
    guard let encryption else { return try folder.write(name, contents) }
    let sealed = try encryption.seal(contents, name: name)
    try folder.write(name + BackupFolder.sealedSuffix, sealed.span)
  }
}
