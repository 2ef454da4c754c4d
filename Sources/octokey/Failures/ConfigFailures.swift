// Words for what goes wrong with node configs, machine keys and the register of instances.

import OctopusKeys

extension Failure {
  init(_ error: ConfigError) {
    switch error {
    case .native(let error): self.init(error)
    case .key(let error): self.init(error)
    case .malformed(let path, let line, let column, let reason, let copy):
      self.init(
        "\(path.quoted) is not well-formed XML: line \(line), column \(column): \(clause(reason))",
        hint: "a full disk leaves an empty or truncated config; "
          + (copy.map { putBack($0, as: path) } ?? "no readable copy was found beside it"))
    case .missing(let path, let copy):
      self.init("\(path.quoted) not found", hint: putBack(copy, as: path))
    case .forbidden(let path, let line, let construct):
      self.init(
        "refusing to read \(path.quoted): it contains \(construct) in line \(line)",
        hint: "a node config never contains that; remove it if you trust the file")
    case .wrongRoot(let path, let found):
      self.init(
        "\(path.quoted) is not a node config: its root element is \(found.quoted)",
        hint: "the file is OctopusServer.config, its root element octopus-settings")
    case .editFailed(let path):
      self.init(
        "the edited \(path.quoted) failed its check; nothing was written",
        hint: "this is a bug in octokey, please report it")
    case .settingMissing(let path, let setting):
      self.init(
        "\(path.quoted) has no value for \(setting.quoted)", hint: advice(onMissing: setting))
    case .halfWritten(let path, let copy):
      self.init(
        "\(path.quoted) is only partly written: a write with --in-place was interrupted",
        hint: copy.map {
          "its former contents are in \($0.quoted): octokey recover if a rotation was interrupted, "
            + "else cp \($0.shellWord) \(path.shellWord)"
        } ?? "no copy of its former contents was found beside it; restore it from a backup")
    case .openFolder(let place, let folder, let mode, let group):
      let who = mode & 0o002 != 0 ? "all users" : "members of group \(group)"
      let change = mode & 0o002 != 0 ? (mode & 0o020 != 0 ? "go-w" : "o-w") : "g-w"
      let (action, target, ofWhom) =
        switch place {
        case .config(let path):
          ("change \(path.quoted)", "its folder \(folder.quoted)", "the config")
        case .stateFolder: ("keep a key in \(folder.quoted)", "it", "the user who runs octokey")
        }
      self.init(
        "refusing to \(action): \(who) can create files in \(target) (mode \(String(mode, radix: 8)))",
        hint: "chmod \(change) \(folder.shellWord)"
          + (mode & 0o002 != 0 ? "" : ", or give the folder the group of \(ofWhom) with chgrp"))
    case .locked(let place):
      self.init(
        "another octokey is running on \(place.path.quoted)", hint: "wait until it ends",
        status: .busy)
    case .unfinishedRotation(let place, let journal):
      self.init(
        "a rotation was interrupted and must be finished or rolled back first (\(journal.quoted))",
        hint: "octokey recover \(place.option)", status: .unfinishedRotation)
    case .foreignJournal(let path, let user):
      self.init(
        "\(path.quoted) belongs to user \(user), so octokey did not write it",
        hint: "find out who created it, and remove it: rm \(path.shellWord)")
    case .protectedByWindows(let path, let setting) where setting != SettingName.masterKey:
      self.init(
        "\(setting.quoted) in \(path.quoted) is protected by Windows (DPAPI); only the machine "
          + "that wrote it can decrypt it",
        hint: "set a new value with octokey config set")
    case .protectedByWindows(let path, _):
      self.init(
        "the Master Key in \(path.quoted) is protected by Windows (DPAPI); only the machine "
          + "that wrote it can decrypt it",
        hint: "show the key there with Octopus.Server show-master-key, and give it in a key file: "
          + "--old-key-file or set-master-key")
    case .protectedByNewerServer(let path, let setting):
      self.init(
        "\(setting.quoted) in \(path.quoted) is protected in the form $OctopusMachineKeyV1$ "
          + "(AES-256-GCM), which octokey neither reads nor replaces",
        hint:
          "use the commands of the server for this setting; after octokey config unset, octokey can "
          + "set a value in the older form")
    case .masterKeyUnreadable(let path, let tried):
      self.init(
        "the Master Key in \(path.quoted) cannot be decrypted with a machine key here: "
          + words(for: tried),
        hint: "the config may come from another machine: use --old-key-file for a rotation, "
          + "set-master-key to set a key, or --machine-id-file for that machine's id")
    case .settingUnreadable(let path, let setting, let tried):
      self.init(
        "\(setting.quoted) in \(path.quoted) cannot be decrypted with a machine key here: "
          + words(for: tried),
        hint: "the config may come from another machine: set a new value with octokey config set, "
          + "or use --machine-id-file for that machine's id")
    case .noMachineKey(let tried):
      self.init(
        "no machine key to protect a value with: \(words(for: tried))",
        hint: "systemd-machine-id-setup creates a machine id")
    case .protectionFailed:
      self.init(
        "a protected value failed its read-back check; nothing was written",
        hint: "this is a bug in octokey, please report it")
    case .noConfig(let workingDirectory, let instancesFolder):
      self.init(
        "no node config found: no "
          + (workingDirectory.map { "OctopusServer.config in \($0.quoted)" } ?? "working directory")
          + ", and no instance in \(instancesFolder.quoted)", hint: "give one with --config")
    case .noSuchInstance(let name, let folder, let bad):
      self.init(
        "no instance \(name.quoted) found in \(folder.quoted)",
        hint: bad.isEmpty
          ? "give the node config with --config"
          : "it may be in \(alternatives(bad)), which cannot be read as an instance record; give the "
            + "node config with --config")
    case .severalInstances(nil, let folder, let found):
      self.init(
        "several instances in \(folder.quoted): \(list(found))",
        hint: "choose one with --instance")
    case .severalInstances(let name?, let folder, let found):
      self.init(
        "\(name.quoted) matches several instances in \(folder.quoted): \(list(found))",
        hint: "give the name in its exact case")
    case .badInstanceRecords(let paths):
      self.init(
        "cannot tell which instance is meant: \(alternatives(paths)) cannot be read as an instance record",
        hint: "choose an instance with --instance, or a node config with --config")
    }
  }

  /// A record that is skipped.
  init(_ record: BadInstanceRecord) {
    let isNot = "\(record.path.quoted) is not an instance record: "
    switch record.reason {
    case .native(let error):
      self.init(
        "an instance record was skipped: \(Failure(error).message)", hint: Failure(error).hint)
    case .malformed(let line):
      self.init(isNot + "not a JSON object (line \(line))", hint: whatRecordsHold)
    case .notText:
      self.init(isNot + "Name and ConfigurationFilePath must be strings", hint: whatRecordsHold)
    case .withoutPath: self.init(isNot + "no ConfigurationFilePath", hint: whatRecordsHold)
    }
  }
}

private let whatRecordsHold =
  "a record is a JSON object with Name and ConfigurationFilePath; correct or remove the file"

private func alternatives(_ paths: [String]) -> String {
  paths.map(\.quoted).joined(separator: " or ")
}

private func list(_ names: [String]) -> String { names.map(\.quoted).joined(separator: ", ") }

private func advice(onMissing setting: String) -> String? {
  [
    SettingName.masterKey:
      "set one with octokey set-master-key; for a rotation, use --old-key-file",
    SettingName.connectionString: "specify the store with --store",
  ][setting]
}

private func words(for trials: [MachineKeyTrial]) -> String {
  trials.map { trial in
    switch trial.outcome {
    case .missing: "\(trial.path.quoted) not found"
    case .malformed: "\(trial.path.quoted) is not a machine key"
    case .wrong: "\(trial.path.quoted) is the wrong key"
    }
  }.joined(separator: ", ")
}

private func putBack(_ copy: String, as path: String) -> String {
  "restore the newest readable copy: cp -p \(copy.shellWord) \(path.shellWord)"
}
