// What is left to do for a person after a rotation, in the order in which to do it.

internal import OctopusKeys

enum NextSteps {
  static func afterRotation(
    oldKey: RotationReport.Key, newKey: RotationReport.Key, config: RotationReport.Config,
    residues: [StoreResidue], quoted: Int, unreadable: Int
  ) -> [String] {
    let keyFile = newKey.file ?? "the new key file"
    let name = keyFile.split(separator: "/").last.map(String.init) ?? keyFile
    var steps: [String] = []
    if unreadable > 0 {
      steps.append(
        "\(unreadable) values open under neither key and were left as they were: set them anew in "
          + "Octopus, or find the key that they were made with")
    }
    steps += [
      "copy \"\(keyFile)\" to a safe place off this machine: without it nobody can read a backup "
        + "made from now on",
      "on every other node: stop it, bring \"\(name)\" there, and run: octokey set-master-key "
        + "--key-file \(name)",
      "check this node and each other one: octokey verify (key \(newKey.fingerprint))",
      "start the nodes; everybody is signed out and signs in again",
      "make a new backup of the database, and test it",
    ]
    for residue in residues {
      switch residue {
      case .freePages(let count):
        steps.append(
          "\(count) free pages in the database file were free before the rotation and may hold old "
            + "ciphertext: run VACUUM when it suits")
      case .writeAheadLog(let path):
        steps.append(
          "the write-ahead log \"\(path)\" could not be emptied and holds old ciphertext: close "
            + "whatever has the database open, then run PRAGMA wal_checkpoint(TRUNCATE)")
      }
    }
    if quoted > 0 {
      steps.append(
        "\(quoted) longer texts quote a ciphertext under the old key (see the JSON report); they were "
          + "left as they were and cannot be read once the old key is gone")
    }
    steps += [
      "keep the old key (\(oldKey.fingerprint)) for as long as a backup from before the rotation is "
        + "kept: it is the only key to it",
      "whoever has the old key can still read what was made with it: \"\(config.backup)\", database "
        + "backups, replicas and transaction logs from before; destroy them in time, and change the "
        + "secrets themselves if the old key has leaked",
    ]
    return steps
  }
}
