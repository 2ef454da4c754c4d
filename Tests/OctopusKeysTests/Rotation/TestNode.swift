// A node for tests of whole rotations: a config that holds the old key, and a store in memory.

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

final class TestNode {
  let folder = ScratchFolder()
  let store: MemoryStore
  let path: String
  let now = Date(timeIntervalSince1970: 1_700_000_000)
  private(set) var machineKeys: MachineKeys

  /// The store holds one value for each of `values`, under the key that it says.
  init(_ values: [(text: String, key: UInt8)] = [("secret", 1)], isTransactional: Bool = true)
    throws
  {
    store = MemoryStore(
      json: try values.map { #"{"x":"\#(try value($0.text, key($0.key)))"}"# },
      isTransactional: isTransactional)
    let id = SecretBytes(copying: Array("0123456789abcdef0123456789abcdef".utf8).span)
    machineKeys = try MachineKeys(
      machineID: id, machineIDPath: "/id", machineKeyFile: nil, machineKeyPath: "/key")
    let empty = try NodeConfig(contents: Array("<octopus-settings/>".utf8), path: "")
    let contents = try empty.setting(
      SettingName.masterKey, to: machineKeys.protect(key(1)))
    path = folder.file("OctopusServer.config", contents)
  }

  /// Whoever has no machine key cannot read the key in the config.
  func loseMachineKeys() throws {
    machineKeys = try MachineKeys(
      machineID: nil, machineIDPath: "/id", machineKeyFile: nil, machineKeyPath: "/key")
  }

  var file: ConfigFile { get throws { try ConfigFile.read(path) } }
  var journalPath: String { folder.file(Journal.fileName) }

  /// Where a rotation to the key 100 puts it.
  var keyFile: String {
    get throws {
      let short = try KeyFingerprint(of: key(100)).short
      return folder.file("master-key-\(TimeStamp.forFileName(now))-\(short).key")
    }
  }

  /// A rotation from the key 1 to the key 100.
  func plan(
    _ old: UInt8 = 1, _ new: UInt8 = 100, from source: RotationPlan.OldKeySource = .config,
    options: RotationPlan.Options = .init(),
    requireQuiet: @escaping RotationPlan.QuietCheck = { () throws(RotationError) in }
  ) throws -> RotationPlan {
    RotationPlan(
      target: .node(try file, machineKeys), store: store, storePath: folder.path,
      oldKey: try key(old),
      oldKeySource: source, newKey: try key(new), options: options, requireQuiet: requireQuiet,
      now: now, cancellation: .never, progress: { _ in })
  }

  /// The permission for it; nothing is written yet.
  func permit() throws -> Preflight.Permit { try Preflight(plan()).admit() }

  /// The whole of it, but for the end that removes the journal.
  func rotate() throws -> Rotation { try Rotation.run(permit()) }

  /// What a survey finds in the store now.
  func found() throws -> Journal.Contents {
    defer { store.rollback() }
    return .init(
      try StoreRotation(store: store, oldKey: key(1), newKey: key(100), options: .init())
        .survey(.read))
  }

  /// Leaves what a rotation leaves that was killed before it wrote to the store.
  func interrupt(
    store name: String = "memory", found: Journal.Contents? = nil,
    oldKeyFile: Journal.OldKeyFile? = nil
  ) throws {
    let journal = Journal(
      version: Journal.currentVersion, created: TimeStamp.forText(now),
      oldKey: try KeyFingerprint(of: key(1)).description,
      newKey: try KeyFingerprint(of: key(100)).description, keyFile: try keyFile,
      oldKeyFile: oldKeyFile, config: path, store: .init(kind: "memory", location: name),
      options: .init(StoreRotation.Options()), found: try found ?? self.found(),
      snapshot: nil)
    try KeyFile.create(keyFile, key: key(100), created: now).commit()
    try journal.create(in: file.stateFolder).commit()
  }

  /// The recovery of what `interrupt` left.
  func recovery(
    newKey: consuming MasterKey? = nil, kinship: RecoveryPlace.Kinship = .same
  ) throws -> Recovery {
    let journal = try #require(try Journal.read(in: file.stateFolder))
    return try Recovery(
      target: .node(file, machineKeys), journal: journal, store: store, oldKey: nil,
      newKey: newKey, place: RecoveryPlace(kinship), cancellation: .never,
      progress: { _ in })
  }
}
