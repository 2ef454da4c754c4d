// The words for what `--verbose` tells of: what was chosen and why, locks, and files.

import OctopusKeys

extension Console {
  func step(_ done: RotationStep) {
    switch done {
    case .locked(let folder): step(lockedIn: folder)
    case .wroteKeyFile(let path): step("key file written: \(path.quoted)")
    case .wroteJournal(let path): step("journal written: \(path.quoted)")
    case .replacedConfig(let path, let copy):
      step(
        "config replaced: \(path.quoted)"
          + (copy.map { ", copy of the former: \($0.quoted)" } ?? ""))
    case .removedJournal(let path): step("journal removed: \(path.quoted)")
    }
  }

  func step(lockedIn folder: String) { step("lock taken: \((folder + "/octokey.lock").quoted)") }

  func step(config path: String, _ reason: String) { step("config: \(path.quoted), \(reason)") }

  func step(store: String, _ reason: String) { step("store: \(store), \(reason)") }
}
