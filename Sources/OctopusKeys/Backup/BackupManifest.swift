// The manifest of a backup: what it is a backup of, in JSON, without any secret. The property names are
// the keys of the JSON; octokey-files(5) explains them.

internal import FoundationEssentials
internal import Native

/// What a backup says of itself.
public struct BackupManifest: Codable, Equatable, Sendable {
  /// The form of the file. A later octokey that needs another one counts on.
  public static let currentVersion = 1
  /// The name of the file.
  public static let fileName = "MANIFEST.json"

  /// `octokey-backup`.
  public var format = "octokey-backup"
  /// The form of the backup.
  public var version = BackupManifest.currentVersion
  /// When it was made (ISO 8601).
  public let created: String
  /// The node that it was made on.
  public let node: String
  /// The Master Key.
  public let key: Key
  /// The node config.
  public let config: Config
  /// The store.
  public let store: Store
  /// The server's certificate; nil if there is none in the store that octokey can read.
  public let certificate: Certificate?

  /// Which key it is, and how it is kept.
  public struct Key: Codable, Equatable, Sendable {
    /// Its fingerprint.
    public let fingerprint: String
    /// 128 or 256.
    public let bits: Int
    /// Whether a passphrase seals it, and the other secrets.
    public let isSealed: Bool

    /// Describes a key.
    public init(fingerprint: String, bits: Int, isSealed: Bool) {
      self.fingerprint = fingerprint
      self.bits = bits
      self.isSealed = isSealed
    }
  }

  /// Where the config was, and what protects the secrets in it.
  public struct Config: Codable, Equatable, Sendable {
    /// Its path.
    public let path: String
    /// Its permission bits, such as 384 for 0600.
    public let mode: UInt32
    /// The files whose machine keys open the protected settings; copies of them are in the backup.
    public let machineKeys: [MachineKeyFile]

    /// Describes a config.
    public init(path: String, mode: UInt32, machineKeys: [MachineKeyFile]) {
      self.path = path
      self.mode = mode
      self.machineKeys = machineKeys
    }
  }

  /// A file that holds a machine key.
  public struct MachineKeyFile: Codable, Equatable, Sendable {
    /// Its name in the backup.
    public let name: String
    /// Where it was.
    public let path: String

    /// Names a file.
    public init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  /// The store when the backup was made.
  public struct Store: Codable, Equatable, Sendable {
    /// `Store.kind`.
    public let kind: String
    /// `Store.location`.
    public let location: String
    /// The snapshot's name in the backup; nil where the database's own tools make it.
    public let snapshot: String?
    /// Its permission bits.
    public let mode: UInt32?
    /// The journal mode of an SQLite file.
    public let journalMode: String?
    /// What makes the snapshot where octokey cannot.
    public let statement: String?
    /// Documents in it.
    public let documents: Int
    /// Sensitive values that open with the key.
    public let opened: Int
    /// Those that do not.
    public let unreadable: Int
    /// The same by collection.
    public let collections: [Collection]

    /// Describes a store.
    public init(
      kind: String, location: String, snapshot: String?, mode: UInt32?, journalMode: String?,
      statement: String?, audit: StoreAudit
    ) {
      self.kind = kind
      self.location = location
      self.snapshot = snapshot
      self.mode = mode
      self.journalMode = journalMode
      self.statement = statement
      documents = audit.documents
      opened = audit.opened
      unreadable = audit.findings.count
      collections = audit.collections.map {
        Collection(name: $0.name, documents: $0.documents, opened: $0.opened)
      }
    }
  }

  /// One collection's numbers.
  public struct Collection: Codable, Equatable, Sendable {
    /// Its name.
    public let name: String
    /// Documents in it.
    public let documents: Int
    /// Values that open.
    public let opened: Int
  }

  /// The server's certificate.
  public struct Certificate: Codable, Equatable, Sendable {
    /// SHA-1 in upper-case hexadecimal, as the server shows it.
    public let thumbprint: String

    /// Names a certificate.
    public init(thumbprint: String) { self.thumbprint = thumbprint }
  }

  /// Describes a backup.
  public init(
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
  public init?(json: [UInt8]) {
    guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: Data(json)),
      manifest.format == "octokey-backup", manifest.version == BackupManifest.currentVersion,
      KeyFingerprint(manifest.key.fingerprint) != nil
    else { return nil }
    self = manifest
  }

  /// The manifest as JSON.
  public func json() throws(KeysError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(self) else {
      throw .native(.system(call: "encode", path: BackupManifest.fileName, errno: 22))
    }
    return Array(json) + [UInt8(ascii: "\n")]
  }
}
