// Which of many old key files decrypts a store? For a backup whose key is not known.

import Native
import OctopusKeys

struct KeyTrial: CommandReport {
  struct Candidate: Encodable {
    let fingerprint: String
    var files: [String]
    let opened: Int
    let unreadable: Int
    /// Whether it is the key of the store; nil without a value to try.
    let opens: Bool?
  }

  let command = "verify --try-keys"
  let store: StoreName
  private(set) var fingerprint: String?
  /// The best first.
  private(set) var keys: [Candidate] = []
  struct Other: Encodable {
    let file: String
    /// Why it has no key that can be tried.
    let reason: String
  }

  /// Files without a readable key.
  private(set) var others: [Other] = []

  /// Tries every file in `folder`, but not in its subfolders. Node configs, and the copies that edits and
  /// rotations leave, count as well if the machine keys decrypt their key.
  init(_ folder: String, on store: any Store, _ machineKeys: MachineKeys) throws {
    self.store = StoreName(store)
    for name in try FolderNames.read(folder) where !name.hasPrefix(".") {
      let path = folder + "/" + name
      do {
        // A dangling link is a file without a key like any other. A pipe could block: not opened.
        switch try FileStatus.read(path).kind {
        case .folder: continue
        case .regular: try add(KeyTrial.key(in: path, machineKeys), from: name, store)
        case .pipe, .symbolicLink, .other: throw NativeError.notAFile(path: path)
        }
      } catch let error as RotationError {
        // The store cannot be looked at: no key can be tried.
        throw error
      } catch {
        others.append(Other(file: name, reason: Failure(describing: error).message))
      }
    }
    keys.sort { $0.opened > $1.opened }
    fingerprint = keys.first { $0.opens == true }?.fingerprint
  }

  private mutating func add(
    _ key: borrowing MasterKey, from name: String, _ store: any Store
  ) throws {
    let fingerprint = try KeyFingerprint(of: key).description
    if let index = keys.firstIndex(where: { $0.fingerprint == fingerprint }) {
      return keys[index].files.append(name)
    }
    let probe = try KeyProbe(store: store, key: key)
    keys.append(
      Candidate(
        fingerprint: fingerprint, files: [name], opened: probe.opened,
        unreadable: probe.unreadable, opens: probe.opens))
  }

  /// - Throws: what is wrong with the config, if it is one, else what is wrong with the key file.
  private static func key(in path: String, _ machineKeys: MachineKeys) throws -> MasterKey {
    let fault: KeyError
    do throws(KeyError) {
      return try KeyFile.readFound(path)
    } catch {
      fault = error
    }
    let config: NodeConfig
    do throws(ConfigError) {
      config = try ConfigFile.read(path).settings()
    } catch {
      throw fault
    }
    return try machineKeys.masterKey(of: config).key.copy()
  }

  var text: String {
    var lines = ["Store:  \(store.kind) \(store.location)", ""]
    for key in keys {
      let tried = key.opened + key.unreadable
      lines.append("  \(key.fingerprint)  opens \(key.opened) of \(tried) values")
      lines += key.files.map { "    " + $0 }
    }
    if !others.isEmpty { lines.append("  no key that can be read:") }
    lines += others.map { "    \($0.file): \($0.reason)" }
    lines.append("")
    if let fingerprint {
      lines.append(
        "\(fingerprint) is the key of the store; octokey verify --key-file tries all values")
    } else {
      lines.append("none of the \(keys.count) keys opens the store")
    }
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }
}
