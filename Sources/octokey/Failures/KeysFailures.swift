// Words for what goes wrong with keys, key files, node configs and the rotation.

import Native
import OctopusKeys

extension Failure {
  init(_ error: KeysError) {
    switch error {
    case .native(let error):
      self.init(error)
    case .keyLength(let bytes, let source):
      self.init(
        "\(named(source)) holds \(bytes) bytes, which is no Master Key",
        hint: bytes == 24
          ? "a Master Key has 16 or 32 bytes; 32 base64 characters decode to 24 bytes: was a "
            + "32-character password taken for a key?"
          : "a Master Key has 16 or 32 bytes, which are 24 or 44 base64 characters")
    case .keyNotBase64(let source):
      self.init(
        "\(named(source)) is no base64",
        hint: "a Master Key is written as 24 or 44 base64 characters, such as "
          + "`openssl rand -base64 32` makes")
    case .keyMissing(let source):
      self.init(
        "there is no Master Key in \(named(source))",
        hint: "a Master Key is written as 24 or 44 base64 characters")
    case .keyNotAlone(let source, let line):
      self.init(
        "\(named(source)) holds something after the key, in line \(line)",
        hint: "a key file holds comment lines that begin with #, then one key")
    case .fingerprintDiffers(let source):
      self.init(
        "the key in \(named(source)) is not the one that the comment in it names",
        hint: "the file is damaged, or was edited; take another copy of it")
    case .readBackDiffers(let path):
      self.init(
        "\(path.quoted) did not come back as it was written, and was removed",
        hint: "the device may be failing; choose another one")
    case .configMalformed(let path, let line, let column, let reason):
      self.init(
        "\(path.quoted) is no well-formed XML: line \(line), column \(column): \(clause(reason))",
        hint: "an empty or cut-off config comes from a full disk; is there a backup copy beside it?"
      )
    case .configForbidden(let path, let line, let construct):
      self.init(
        "refusing to read \(path.quoted): there is \(construct) in line \(line)",
        hint: "a node config never holds that; take it out if you trust the file")
    case .configWrongRoot(let path, let found):
      self.init(
        "\(path.quoted) is no node config: its root element is \(found.quoted)",
        hint: "the file is called OctopusServer.config and its root octopus-settings")
    case .configEditFailed(let path):
      self.init(
        "the change of \(path.quoted) did not come out right; nothing was written",
        hint: "this is a fault of octokey, please report it")
    case .notInXML(let path, let setting):
      let what = setting.map { "the value of \($0.quoted)" } ?? "the name of the setting"
      self.init(
        "\(what) has control characters in it, which \(path.quoted) cannot hold",
        hint: "tabs and line ends are allowed; is it binary data, or text in another encoding?")
    case .settingMissing(let path, let setting):
      self.init(
        "\(path.quoted) has no value for \(setting.quoted)", hint: advice(onMissing: setting))
    case .protectedByWindows(let path):
      self.init(
        "the Master Key in \(path.quoted) is protected by Windows (DPAPI) and opens only on the "
          + "machine that wrote it",
        hint: "show the key there with Octopus.Server show-master-key, and give it in a key file: "
          + "--old-key-file or set-master-key")
    case .masterKeyUnreadable(let path, let tried):
      self.init(
        "the Master Key in \(path.quoted) opens with no machine key here: \(words(for: tried))",
        hint: "the config may come from another machine: --old-key-file gives a rotation the key, "
          + "set-master-key puts one in, --machine-id-file names another machine's identity")
    case .settingUnreadable(let path, let setting, let tried):
      self.init(
        "\(setting.quoted) in \(path.quoted) opens with no machine key here: \(words(for: tried))",
        hint: "the config may come from another machine: octokey config set puts a value in, "
          + "--machine-id-file names another machine's identity")
    case .noMachineKey(let tried):
      self.init(
        "there is no machine key to protect a value with: \(words(for: tried))",
        hint: "systemd-machine-id-setup makes a machine-id")
    case .noConfig(let workingDirectory, let instancesFolder):
      self.init(
        "no node config: there is no OctopusServer.config in \(workingDirectory.quoted) and no "
          + "instance in \(instancesFolder.quoted)", hint: "--config names one")
    case .noSuchInstance(let name, let folder):
      self.init(
        "there is no instance \(name.quoted) in \(folder.quoted)",
        hint: "--config names a node config itself")
    case .severalInstances(nil, let folder, let found):
      self.init(
        "there are several instances in \(folder.quoted): \(list(found))",
        hint: "--instance names one")
    case .severalInstances(let name?, let folder, let found):
      self.init(
        "\(name.quoted) is spelt like several instances in \(folder.quoted): \(list(found))",
        hint: "give the name in the same letter case")
    case .badInstanceRecord(let path):
      self.init(
        "\(path.quoted) is no instance record",
        hint:
          "a record is a JSON object with Name and ConfigurationFilePath; --config goes round it")
    case .configLocked(let path):
      self.init(
        "another octokey is at work on \(path.quoted)", hint: "wait until it is done",
        status: .busy)
    case .unfitPassphrase(let source, let fault):
      self.init(unfitPassphrase: fault, from: source)
    case .encryptedFileMalformed(let path):
      self.init("\(path.quoted) is no sealed file, or asks for too much memory or time to open")
    case .cannotDecrypt(let path):
      self.init(
        "\(path.quoted) does not open: the passphrase is another one, or the file was changed",
        hint: "passphrases differ by the letter, and by blanks at their ends")
    case .noBackup(let path, let obstacle):
      self.init(noBackup: path, obstacle)
    case .store(let error):
      self.init(error)
    case .noDocuments(let location):
      self.init(
        "\(location.quoted) has no table with a JSON or JSONBlob column",
        hint: "is this the database of an Octopus Server? --store says where the documents are")
    case .noValues(let location):
      self.init(
        "refusing to rotate: there is no sensitive value in \(location.quoted), so nothing shows "
          + "that it is the database of this node",
        hint: "--store says where the documents are; --allow-empty-store rotates it all the same")
    case .sameKey(let fingerprint):
      self.init(
        "the new key is the old key (\(fingerprint))", hint: "choose another key, or none")
    case .keyOpensNothing(let fingerprint, let location, let values):
      self.init(
        "the old key (\(fingerprint)) is not the key of \(location.quoted): it opens none of "
          + "\(values) sensitive values; nothing was changed",
        hint: "--old-key-file says where the key of this store is; octokey verify tries one")
    case .unreadable(let findings, let location):
      self.init(
        "\(findings.count) sensitive value\(findings.count == 1 ? "" : "s") in \(location.quoted) "
          + "cannot be read, see above; nothing was changed",
        hint: "--skip-unreadable goes on and leaves them as they are; --binary-column decides for "
          + "a binary column")
    case .ledgerMismatch(_, _, let location):
      self.init(
        "what came back from \(location.quoted) was not what was written; it was rolled back, "
          + "nothing was changed",
        hint: "the device or the database may be failing; test both before you try again")
    case .unfinishedRotation, .journalUnreadable, .interruptedCommit, .configNotSwitched,
      .journalStays, .interrupted, .otherStore, .otherKey, .recoveryNeedsKey, .recoveryUnclear:
      self.init(interruption: error)
    }
  }
}

/// A path in quotes; an option or a phrase of ours (`the answer`) as it is.
private func named(_ source: String) -> String {
  source.hasPrefix("--") || source.hasPrefix("the ") ? source : source.quoted
}

private func list(_ names: [String]) -> String { names.map(\.quoted).joined(separator: ", ") }

private func advice(onMissing setting: String) -> String? {
  switch setting {
  case SettingName.masterKey:
    "octokey set-master-key puts one in; --old-key-file gives a rotation the key"
  case SettingName.connectionString: "--store says where the documents are"
  default: nil
  }
}

private func words(for trials: [MachineKeyTrial]) -> String {
  trials.map { trial in
    switch trial.outcome {
    case .missing: "\(trial.path.quoted) is not there"
    case .malformed: "\(trial.path.quoted) holds no machine key"
    case .wrong: "\(trial.path.quoted) does not fit"
    }
  }.joined(separator: ", ")
}
