// The manifest of a backup: what it is a backup of, in JSON, without any secret. The property names are
// the keys of the JSON; octokey-files(5) explains them.

internal import FoundationEssentials
internal import Native

package struct BackupManifest: Codable, Equatable, Sendable {
  /// The form of the file. A later octokey that needs another one counts on.
  package static let currentVersion = 1
  package static let fileName = "MANIFEST.json"

  package var format = "octokey-backup"
  package var version = BackupManifest.currentVersion
  /// When it was made (ISO 8601).
  package let created: String
  package let node: String
  package let key: Key
  /// The config; nil in a backup of a store without one.
  package let config: Config?
  package let store: Store
  /// The server's certificate; nil if there is none in the store that octokey can read.
  package let certificate: Certificate?

  /// Which key it is, and how it is kept.
  package struct Key: Codable, Equatable, Sendable {
    package let fingerprint: String
    /// 128 or 256.
    package let bits: Int
    /// Whether it and the other secrets are encrypted with a passphrase.
    package let isSealed: Bool

    package init(_ key: borrowing MasterKey, isSealed: Bool) throws(KeyError) {
      fingerprint = try KeyFingerprint(of: key).description
      bits = key.size.rawValue
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
    package let name: String
    package let path: String

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  /// The store when the backup was made.
  package struct Store: Codable, Equatable, Sendable {
    package let kind: String
    package let location: String
    /// The snapshot's name in the backup; nil where the database's own tools make it.
    package let snapshot: String?
    package let mode: UInt32?
    package let journalMode: String?
    /// What makes the snapshot where octokey cannot.
    package let statement: String?
    package let documents: Int
    /// Sensitive values that decrypt with the key.
    package let opened: Int
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
  }

  /// - Parameter certificate: its thumbprint.
  package init(
    created: String, node: String, key: Key, config: Config?, store: Store, certificate: String?
  ) {
    self.created = created
    self.node = node
    self.key = key
    self.config = config
    self.store = store
    self.certificate = certificate.map { Certificate(thumbprint: $0) }
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
