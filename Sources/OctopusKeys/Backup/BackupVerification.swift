// The test restore: proves that a backup can be restored, as far as that is possible without restoring it.
// Every file is unchanged, the key decrypts every value of the snapshot, and what belongs together matches
// together. Nothing is written.

package import Native

package struct BackupVerification {
  /// What is wrong, in the order in which it was found.
  package private(set) var faults: [BackupFault] = []
  /// What every value of the snapshot said; nil if there was none to look at.
  package private(set) var audit: Survey?
  /// The secrets; nil if a fault kept them closed.
  package private(set) var contents: BackupContents?

  private let folder: BackupFolder

  /// - Parameters:
  ///   - seal: encryption with the passphrase; nil for a backup without one.
  ///   - store: the snapshot, or a restored copy of it; nil if there is none.
  /// - Throws: `BackupError.cannotDecrypt` if the passphrase decrypts nothing; `.native` if a library fails.
  package init(
    _ folder: BackupFolder, _ seal: EncryptedFile?, store: (any Store)?,
    cancellation: Cancellation, progress: @escaping PassProgress.Observer
  ) throws(BackupError) {
    self.folder = folder
    try checkList(seal)
    try checkFiles()
    try checkSecrets(seal)
    if let contents { try checkStore(store, contents.key, cancellation, progress) }
  }

  /// The list of files is under the passphrase, too: who changes a file cannot change the list.
  private mutating func checkList(_ seal: EncryptedFile?) throws(BackupError) {
    guard let seal else { return }
    let sealed: SecretBytes
    do throws(BackupError) {
      sealed = try folder.secret(Checksums.fileName, seal)
    } catch .native(let error) {
      let name = Checksums.fileName + BackupFolder.sealedSuffix
      if case .system(_, _, let number) = error, SystemErrorKind(errno: number) == .notFound {
        return faults.append(.missing(name))
      }
      return faults.append(.unreadable(name, .native(error)))
    } catch {
      // With the wrong passphrase nothing decrypts, and nothing can be said of the backup.
      _ = try folder.secret(BackupFolder.masterKey, seal)
      return faults.append(.listChanged)
    }
    let digest = try Checksums.digest(of: folder.list)
    if sealed.withBytes({ Array(copying: $0) }) != Array(digest.utf8) {
      faults.append(.listChanged)
    }
  }

  private mutating func checkFiles() throws(BackupError) {
    let expected = folder.checksums.digests
    for (exactName, digest) in expected.sorted(by: { $0.key < $1.key }) {
      let name = exactName.text
      do throws(BackupError) {
        if try Checksums.digest(of: folder.file(name)) != digest { faults.append(.changed(name)) }
      } catch .native(.system(_, _, let number))
        where SystemErrorKind(errno: number) == .notFound
      {
        faults.append(.missing(name))
      } catch {
        faults.append(.unreadable(name, error))
      }
    }
    for name in try Checksums.names(in: folder.path) where expected[ExactName(name)] == nil {
      faults.append(.unlisted(name))
    }
  }

  private mutating func checkSecrets(_ seal: EncryptedFile?) throws(BackupError) {
    let found: BackupContents
    do {
      found = try BackupContents(folder, seal)
    } catch {
      return faults.append(.secretsClosed(error))
    }
    let manifest = folder.manifest
    let fingerprint = try rethrow(as: BackupError.key, KeyFingerprint(of: found.key)).description
    if fingerprint != manifest.key.fingerprint {
      faults.append(.otherKey(expected: manifest.key.fingerprint, found: fingerprint))
    }
    if let config = found.config { check(config, found) }
    contents = found
    if let certificate = manifest.certificate { check(certificate, found.key) }
  }

  private mutating func check(_ contents: [UInt8], _ found: BackupContents) {
    do throws(ConfigError) {
      let config = try NodeConfig(contents: contents, path: BackupFolder.config)
      if try !found.machineKeys.masterKey(of: config).key.equals(found.key) {
        faults.append(.configHoldsOtherKey)
      }
    } catch {
      faults.append(.configClosed(error))
    }
  }

  private mutating func check(
    _ certificate: BackupManifest.Certificate, _ key: borrowing MasterKey
  ) {
    let file: [UInt8]
    do throws(NativeError) {
      file = try FileContents.read(
        folder.file(BackupFolder.certificate), limit: EncryptedFile.sizeLimit
      ).bytes
    } catch {
      // A file of the list was named before.
      if folder.checksums.digests[ExactName(BackupFolder.certificate)] == nil {
        faults.append(.missing(BackupFolder.certificate))
      }
      return
    }
    do throws(PKCS12.Obstacle) {
      let thumbprint = try ServerCertificate.thumbprint(ofProtected: file, key: key)
      if thumbprint != certificate.thumbprint { faults.append(.certificateClosed(nil)) }
    } catch {
      faults.append(.certificateClosed(error))
    }
  }

  private mutating func checkStore(
    _ store: (any Store)?, _ key: borrowing MasterKey,
    _ cancellation: Cancellation, _ progress: @escaping PassProgress.Observer
  ) throws(BackupError) {
    guard let store else { return faults.append(.noSnapshot) }
    let expected = folder.manifest.store
    let thumbprint: String?
    var closed: PKCS12.Obstacle?
    do throws(RotationError) {
      let found = try StoreAudit.run(
        store: store, key: key, cancellation: cancellation, progress: progress)
      audit = found
      // Damaged values were damaged before; the manifest counts them.
      if found.findings.count > expected.unreadable {
        faults.append(
          .valuesClosed(found.findings.count, of: found.decrypted + found.unreadableValues))
      }
      if found.documents != expected.documents || found.decrypted != expected.opened {
        faults.append(
          .otherNumbers(
            documents: found.documents, expectedDocuments: expected.documents,
            values: found.decrypted, expectedValues: expected.opened))
      }
      thumbprint = try ServerCertificate.read(from: store, key: key, closed: &closed)?.thumbprint
    } catch {
      if case .interrupted = error { throw .rotation(error) }
      return faults.append(.storeUnreadable(error))
    }
    if thumbprint != folder.manifest.certificate?.thumbprint {
      faults.append(.otherCertificate(closed: closed))
    } else if thumbprint == nil, let closed {
      faults.append(.certificateNotCopied(closed))
    }
  }
}

package enum BackupFault: Equatable, Sendable {
  /// The digest of the list of files is not the encrypted one.
  case listChanged
  /// A file is not what it was, is not there, cannot be read, or is there and not in the list.
  case changed(String)
  case missing(String)
  case unreadable(String, BackupError)
  case unlisted(String)
  /// Key, config or machine keys do not open.
  case secretsClosed(BackupError)
  case otherKey(expected: String, found: String)
  /// The key in the config is another one, or cannot be read.
  case configHoldsOtherKey
  case configClosed(ConfigError)
  /// The copy of the certificate is not opened, or is another one (nil).
  case certificateClosed(PKCS12.Obstacle?)
  /// The snapshot is made by the database's own tools, and was not looked at.
  case noSnapshot
  case storeUnreadable(RotationError)
  case valuesClosed(Int, of: Int)
  case otherNumbers(documents: Int, expectedDocuments: Int, values: Int, expectedValues: Int)
  /// The certificate in the store is not the one that was there, or is not opened.
  case otherCertificate(closed: PKCS12.Obstacle?)
  /// The certificate in the store is not opened now, and was not when the backup was made.
  case certificateNotCopied(PKCS12.Obstacle)

  /// Whether it is worth saying, and takes nothing from the backup.
  package var isNote: Bool {
    switch self {
    case .unlisted, .noSnapshot, .certificateNotCopied: true
    case .listChanged, .changed, .missing, .unreadable, .secretsClosed, .otherKey,
      .configHoldsOtherKey, .configClosed, .certificateClosed, .storeUnreadable, .valuesClosed,
      .otherNumbers, .otherCertificate:
      false
    }
  }
}
