// A database that nobody can read before it is rolled back: who has to do it depends on whether a rotation of octokey's
// was killed, and the store does not know that.

import Native
import OctopusKeys

extension Error {
  /// This error; for a hot journal with the journal of the unfinished rotation beside `config`, if there is one.
  func withRotation(beside config: String?) -> any Error {
    guard let config, let rotation = Self.rotation(beside: config) else { return self }
    switch self as any Error {
    case StoreError.hotJournal(let location, let journal, nil):
      return StoreError.hotJournal(location: location, journal: journal, rotation: rotation)
    case RotationError.store(.hotJournal(let location, let journal, nil)):
      return StoreError.hotJournal(location: location, journal: journal, rotation: rotation)
    default: return self
    }
  }

  private static func rotation(beside config: String) -> String? {
    do {
      let journal = try ConfigFile.read(config).stateFolder.journalPath
      return try FileStatus.isThere(journal) ? journal : nil
    } catch {
      // The command is about the store's error; what is wrong with the config another command says.
      return nil
    }
  }
}
