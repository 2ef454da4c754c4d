// What can be wrong with a node config and the files around it, as facts. Words are in the executable.

package struct ConfigFault: Sendable, Equatable {
  /// What it is. The names of the cases are part of the interface.
  package enum Kind: Sendable, Equatable {
    // The text.

    /// No well-formed XML; the place counts from 1.
    case malformed(line: Int, column: Int, reason: String)
    /// A DOCTYPE or the like.
    case forbidden(line: Int, construct: String)
    case wrongRoot(found: String)

    // Settings.

    case nameless
    /// Only the last of the lines counts.
    case duplicate(lines: [Int])
    /// The name is like that of a known setting.
    case misspelt(known: String)
    case unknown
    case wrongType(KnownSetting.WrongType)

    // Protected settings.

    /// The Master Key is missing or empty.
    case noMasterKey
    /// A secret that should be protected is plain text; the server cannot read it.
    case notProtected
    /// No machine key decrypts the value; `elsewhere` is a file whose key does.
    case unreadable(elsewhere: String?)
    case protectedByWindows
    /// It decrypts, but an earlier machine key passes the padding check by accident, and the server
    /// takes what comes out of that.
    case misreadByServer
    /// In a form that octokey does not read, `$OctopusMachineKeyV1$`.
    case protectedByNewerServer
    /// The machine id is known to others.
    case sharedMachineID(SharedMachineID.Reason)
    /// The file of a machine key holds none.
    case badMachineKey

    // Files.

    /// Others may read or write the file; `mode` has the permission bits.
    case open(mode: UInt32)
    /// Other users can replace the files in the folder.
    case openFolder(mode: UInt32)
    /// The folder belongs to a user who is neither root nor the owner of the file in it.
    case foreignFolder(user: UInt32)
    /// The config has several names, and cannot be replaced without leaving the others behind.
    case severalLinks(count: Int)
    case unfinishedRotation
    /// An edit was interrupted; the file may hold secrets.
    case leftover

    /// A word for scripts.
    package var name: String {
      switch self {
      case .malformed: "malformed"
      case .forbidden: "forbidden"
      case .wrongRoot: "wrongRoot"
      case .nameless: "nameless"
      case .duplicate: "duplicate"
      case .misspelt: "misspelt"
      case .unknown: "unknown"
      case .wrongType: "wrongType"
      case .noMasterKey: "noMasterKey"
      case .notProtected: "notProtected"
      case .unreadable: "unreadable"
      case .protectedByWindows: "protectedByWindows"
      case .misreadByServer: "misreadByServer"
      case .protectedByNewerServer: "protectedByNewerServer"
      case .sharedMachineID: "sharedMachineID"
      case .badMachineKey: "badMachineKey"
      case .open: "open"
      case .openFolder: "openFolder"
      case .foreignFolder: "foreignFolder"
      case .severalLinks: "severalLinks"
      case .unfinishedRotation: "unfinishedRotation"
      case .leftover: "leftover"
      }
    }

    /// Whether nothing needs to be done about it: what is unknown to octokey need not be wrong.
    package var isNote: Bool { self == .unknown || self == .leftover }
  }

  package let kind: Kind
  package let path: String
  /// The setting, if it is about one.
  package let setting: String?
  /// The line, from 1, where there is one.
  package let line: Int?

  init(_ kind: Kind, _ path: String, setting: String? = nil, line: Int? = nil) {
    self.kind = kind
    self.path = path
    self.setting = setting
    self.line = line
  }
}
