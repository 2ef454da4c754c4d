// Which store a recovery may work on where the config moved, or the store is behind a server.

import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct RecoveryPlaceTests {
  private typealias StoreName = Journal.StoreName

  private let node: TestNode
  private let recorded = StoreName(kind: "sqlserver", location: "old/Octopus")
  private let given = StoreName(kind: "sqlserver", location: "new/Octopus")

  init() throws { node = try TestNode() }

  private func place(
    _ named: RecoveryPlace.Named, given: StoreName?, isMoved: Bool = false,
    config: String? = nil, recorded: StoreName? = nil, identity: String? = nil
  ) throws -> RecoveryPlace {
    let journal = Journal(
      version: Journal.currentVersion, created: TimeStamp.forText(node.now),
      oldKey: try KeyFingerprint(of: key(1)).description,
      newKey: try KeyFingerprint(of: key(100)).description, keyFile: try node.keyFile,
      oldKeyFile: nil, config: config ?? node.path, store: recorded ?? self.recorded,
      options: .init(StoreRotation.Options()), found: try node.found(), snapshot: nil)
    return try RecoveryPlace(
      journal, of: .node(node.file, node.machineKeys), named: named, given: given,
      isMoved: isMoved, identity: { () throws(RotationError) in identity })
  }

  /// Nothing says that it moved, so that the other one may be a copy.
  @Test func anotherStoreMayBeACopy() throws {
    let copy = RotationError.recoveryOfCopy(
      journal: node.journalPath, store: recorded, given: "new/Octopus")
    for named in [.none, .unreadable, .store(recorded)] as [RecoveryPlace.Named] {
      #expect(throws: copy) { _ = try place(named, given: given) }
    }
  }

  /// A server has a name of its own, whatever it is called in a connection string.
  @Test func whatTheServerCallsItselfTellsACopyApart() throws {
    let recorded = StoreName(kind: "sqlserver", location: "old/Octopus", identity: "SQL01/5")
    let same = try place(.none, given: given, recorded: recorded, identity: "SQL01/5")
    #expect(same.kinship == .same && same.isCertain)
    let copy = RotationError.recoveryOfCopy(
      journal: node.journalPath, store: recorded, given: "new/Octopus")
    for other in ["SQL02/5", nil] {
      #expect(throws: copy) {
        _ = try place(.none, given: given, recorded: recorded, identity: other)
      }
    }
    // Where it was, it is the same without being asked.
    let there = StoreName(kind: "sqlserver", location: "old/Octopus")
    #expect(try place(.none, given: there, recorded: recorded).kinship == .same)
  }

  @Test func theConfigOrAPersonMaySayThatItMoved() throws {
    let byConfig = try place(.store(given), given: given)
    #expect(byConfig.kinship == .unknown && !byConfig.isCertain && byConfig.stillNamed == nil)
    let byPerson = try place(.none, given: given, isMoved: true)
    #expect(byPerson.kinship == .same && byPerson.isCertain && byPerson.stillNamed == nil)
    let byPersonAlone = try place(.store(recorded), given: given, isMoved: true)
    #expect(byPersonAlone.kinship == .same && byPersonAlone.stillNamed == "old/Octopus")
  }

  @Test func aConfigThatNamesNoStoreMeansThatOfTheJournal() throws {
    for store in [nil, recorded] {
      let place = try place(.none, given: store)
      #expect(place.kinship == .same && place.isCertain)
    }
    let other = RotationError.recoveryOfOtherStore(
      journal: node.journalPath, store: recorded, named: nil)
    #expect(throws: other) { _ = try place(.unreadable, given: nil) }
  }

  /// The folder of the node is another one now: the store is where it was, counted from the config.
  @Test func aStoreMayHaveMovedWithItsConfig() throws {
    let former = StoreName(kind: "sqlite", location: "/gone/data/octopus.db")
    for (path, kinship) in [
      ("data/octopus.db", .movedAlong), ("octopus.db", .unknown), ("../octopus.db", .unknown),
    ] as [(String, RecoveryPlace.Kinship)] {
      let here = StoreName(kind: "sqlite", location: node.folder.file(path))
      let found = try place(
        .store(here), given: here, config: "/gone/OctopusServer.config", recorded: former)
      #expect(found.kinship == kinship && found.isCertain == (kinship == .movedAlong))
    }
    let here = StoreName(kind: "sqlite", location: node.folder.file("data/octopus.db"))
    let unnamed = try place(
      .none, given: here, config: "/gone/OctopusServer.config", recorded: former)
    #expect(unnamed.kinship == .movedAlong && unnamed.isCertain)
    // The config is still where it was.
    let elsewhere = ScratchFolder()
    let config = elsewhere.file("OctopusServer.config", [])
    let beside = StoreName(kind: "sqlite", location: node.folder.file("octopus.db"))
    let copied = try place(
      .store(beside), given: beside, config: config,
      recorded: .init(kind: "sqlite", location: elsewhere.file("octopus.db")))
    #expect(copied.kinship == .unknown && !copied.isCertain)
    // Neither of them is below its config.
    let outside = StoreName(kind: "sqlite", location: "/elsewhere/octopus.db")
    let found = try place(
      .store(outside), given: outside, config: "/gone/OctopusServer.config",
      recorded: .init(kind: "sqlite", location: "/lost/octopus.db"))
    #expect(found.kinship == .unknown)
  }
}
