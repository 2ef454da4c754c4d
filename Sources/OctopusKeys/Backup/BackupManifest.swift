// The manifest of a backup: what it is a backup of, in JSON, without any secret. The property names are
// the keys of the JSON; octokey-files(5) explains them.

internal import FoundationEssentials
internal import Native

/// What a backup says of itself.
package struct BackupManifest: Codable, Equatable, Sendable {
  /// The form of the file. A later octokey that needs another one counts on.
  package static let currentVersion = 1
  package static let fileName = "MANIFEST.json"

  /// `octokey-backup`.
  package var format = "octokey-backup"
  /// The form of the backup.
  package var version = BackupManifest.currentVersion
  /// When it was made (ISO 8601).
  package let created: String
  /// The node that it was made on.
  package let node: String
  package let key: Key
  package let config: Config
  /// The store.
  package let store: Store
  /// The server's certificate; nil if there is none in the store that octokey can read.
  package let certificate: Certificate?

  /// Which key it is, and how it is kept.
  package struct Key: Codable, Equatable, Sendable {
    package let fingerprint: String
    /// 128 or 256.
    package let bits: Int
    /// Whether a passphrase seals it, and the other secrets.
    package let isSealed: Bool

    package init(fingerprint: String, bits: Int, isSealed: Bool) {
      self.fingerprint = fingerprint
      self.bits = bits
      self.isSealed = isSealed
    }
  }

  /// Where the config was, and what protects the secrets in it.
  package struct Config: Codable, Equatable, Sendable {
    package let path: String
    /// Its permission bits, such as 384 for 0600.
    package let mode: UInt32
    /// The files whose machine keys open the protected settings; copies of them are in the backup.
    package let machineKeys: [MachineKeyFile]

    package init(path: String, mode: UInt32, machineKeys: [MachineKeyFile]) {
      self.path = path
      self.mode = mode
      self.machineKeys = machineKeys
    }
  }

  package struct MachineKeyFile: Codable, Equatable, Sendable {
    /// Its name in the backup.
    package let name: String
    /// Where it was.
    package let path: String

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  /// The store when the backup was made.
  package struct Store: Codable, Equatable, Sendable {
    /// `Store.kind`.
    package let kind: String
    /// `Store.location`.
    package let location: String
    /// The snapshot's name in the backup; nil where the database's own tools make it.
    package let snapshot: String?
    package let mode: UInt32?
    /// The journal mode of an SQLite file.
    package let journalMode: String?
    /// What makes the snapshot where octokey cannot.
    package let statement: String?
    package let documents: Int
    /// Sensitive values that open with the key.
    package let opened: Int
    /// Those that do not.
    package let unreadable: Int
    package let collections: [Collection]

    package init(
      kind: String, location: String, snapshot: String?, mode: UInt32?, journalMode: String?,
      statement: String?, audit: Survey
    ) {
      self.kind = kind
      self.location = location
      self.snapshot = snapshot
      self.mode = mode
      self.journalMode = journalMode
      self.statement = statement
      documents = audit.documents
      opened = audit.decrypted
      unreadable = audit.findings.count
      collections = audit.collections.map {
        Collection(name: $0.name, documents: $0.documents, opened: $0.decrypted)
      }
    }
  }

  package struct Collection: Codable, Equatable, Sendable {
    package let name: String
    package let documents: Int
    package let opened: Int
  }

  package struct Certificate: Codable, Equatable, Sendable {
    /// SHA-1 in upper-case hexadecimal, as the server shows it.
    package let thumbprint: String

    package init(thumbprint: String) { self.thumbprint = thumbprint }
  }

  package init(
    created: String, node: String, key: Key, config: Config, store: Store,
    certificate: Certificate?
  ) {
    self.created = created
    self.node = node
    self.key = key
    self.config = config
    self.store = store
    self.certificate = certificate
  }

  /// Reads a manifest; nil if it is none that this octokey understands.
  package init?(json: [UInt8]) {
    guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: Data(json)),
      manifest.format == "octokey-backup", manifest.version == BackupManifest.currentVersion,
      KeyFingerprint(manifest.key.fingerprint) != nil
    else { return nil }
    self = manifest
  }

  package func json() throws(BackupError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(self) else { throw .manifestNotEncoded }
    return Array(json) + [UInt8(ascii: "\n")]
  }
}
