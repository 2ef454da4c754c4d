// The folder of a backup: what its files are called, and what can be read of it without a passphrase.
//
//     MANIFEST.json             what it is a backup of; no secret
//     SHA256SUMS                the digest of every file but the two lists
//     SHA256SUMS.sealed         the digest of SHA256SUMS, so that a change of a file and of the list is detected
//     OctopusServer.config      the node config
//     master-key                a key file
//     machine-id, machinekey    what protects the secrets in the config
//     server-certificate.pfx    the server's certificate under the Master Key's base64
//     store.sqlite, store/      the snapshot
//
// The config, the key and the machine keys end in `.sealed` and are under the passphrase, unless the
// backup was asked for without one.

internal import Native

package struct BackupFolder: Sendable {
  package static let sealedSuffix = ".sealed"
  package static let masterKey = "master-key"
  package static let config = "OctopusServer.config"
  package static let machineID = "machine-id"
  package static let machineKey = "machinekey"
  package static let certificate = "server-certificate.pfx"

  package let path: String
  package let manifest: BackupManifest
  let list: [UInt8]
  let checksums: Checksums
  /// The user of a file or the folder that users other than root and the caller can write; nil if there is none.
  package let otherUser: UInt32?

  /// Finds the backup in the folder at `path`.
  ///
  /// - Throws: `BackupError.noBackup` if there is none, or only a part of one; `.native` if there is no
  ///   such folder.
  package static func read(_ path: String) throws(BackupError) -> BackupFolder {
    let folder = try rethrow(as: BackupError.native, FileStatus.read(path))
    let list = try contents(path, Checksums.fileName)
    guard let checksums = Checksums(text: list.bytes) else {
      throw .noBackup(path: path, .malformed(Checksums.fileName))
    }
    let json = try contents(path, BackupManifest.fileName)
    guard let manifest = BackupManifest(json: json.bytes) else {
      throw .noBackup(path: path, .malformed(BackupManifest.fileName))
    }
    let other = [folder, list.status, json.status].first { !$0.isOursAlone }
    return BackupFolder(
      path: path, manifest: manifest, list: list.bytes, checksums: checksums,
      otherUser: other?.owner.user)
  }

  /// Removes what killed runs left in `folder` of backups, whatever they were to be called: without a
  /// passphrase there is the key in it. Backups that are being made stay.
  package static func removeAbandonedDrafts(in folder: String) {
    let secrets = [masterKey, config, machineID, machineKey, Checksums.fileName]
    let known = Set(
      secrets + secrets.map { $0 + sealedSuffix } + [
        certificate, BackupManifest.fileName, "store", "store.sqlite",
      ])
    NewFolder.removeAbandoned(in: folder) { _, names in
      !names.isEmpty && known.isSuperset(of: names)
    }
  }

  package func file(_ name: String) -> String { path + "/" + name }

  /// Where the snapshot is, as a store location; nil if there is none.
  package var snapshotLocation: String? {
    manifest.store.snapshot.map { "\(manifest.store.kind):\(file($0))" }
  }

  /// Reads the file called `name`, encrypted or not like the backup.
  func secret(_ name: String, _ seal: EncryptedFile?) throws(BackupError) -> SecretBytes {
    guard let seal else {
      return try rethrow(
        as: BackupError.native,
        SecretFile.readPlain(
          file(name), limit: EncryptedFile.sizeLimit, followsLinks: false))
    }
    let sealedName = name + BackupFolder.sealedSuffix
    let bytes = try rethrow(
      as: BackupError.native,
      FileContents.read(file(sealedName), limit: EncryptedFile.sizeLimit).bytes)
    return try seal.open(bytes, name: name, path: file(sealedName))
  }

  private static func contents(
    _ path: String, _ name: String
  ) throws(BackupError) -> FileContents {
    do throws(NativeError) {
      return try FileContents.read(path + "/" + name, limit: EncryptedFile.sizeLimit)
    } catch .system(_, _, let number)
      where [.notFound, .notADirectory].contains(SystemErrorKind(errno: number))
    {
      throw .noBackup(path: path, .missing(name))
    } catch {
      throw .native(error)
    }
  }
}

package enum BackupObstacle: Equatable, Sendable {
  case missing(String)
  /// The file is not what it should be, or from a later octokey.
  case malformed(String)
}
