// Words for what goes wrong with node configs, machine keys and the register of instances.

import OctopusKeys

extension Failure {
  init(_ error: ConfigError) {
    switch error {
    case .native(let error): self.init(error)
    case .key(let error): self.init(error)
    case .malformed(let path, let line, let column, let reason, let copy):
      self.init(
        "\(path.quoted) is no well-formed XML: line \(line), column \(column): \(clause(reason))",
        hint: "an empty or cut-off config comes from a full disk; "
          + (copy.map { putBack($0, as: path) } ?? "there is no copy beside it that can be read"))
    case .missing(let path, let copy):
      self.init("there is no \(path.quoted)", hint: putBack(copy, as: path))
    case .forbidden(let path, let line, let construct):
      self.init(
        "refusing to read \(path.quoted): there is \(construct) in line \(line)",
        hint: "a node config never holds that; take it out if you trust the file")
    case .wrongRoot(let path, let found):
      self.init(
        "\(path.quoted) is no node config: its root element is \(found.quoted)",
        hint: "the file is called OctopusServer.config and its root octopus-settings")
    case .editFailed(let path):
      self.init(
        "the change of \(path.quoted) did not come out right; nothing was written",
        hint: "this is a fault of octokey, please report it")
    case .settingMissing(let path, let setting):
      self.init(
        "\(path.quoted) has no value for \(setting.quoted)", hint: advice(onMissing: setting))
    case .halfWritten(let path, let copy):
      self.init(
        "\(path.quoted) is only half written: a write with --in-place was interrupted",
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
        "refusing to \(action): \(who) may put files into \(target) (mode \(String(mode, radix: 8)))",
        hint: "chmod \(change) \(folder.shellWord)"
          + (mode & 0o002 != 0 ? "" : ", or give the folder the group of \(ofWhom) with chgrp"))
    case .locked(let place):
      self.init(
        "another octokey is at work on \(place.path.quoted)", hint: "wait until it is done",
        status: .busy)
    case .unfinishedRotation(let place, let journal):
      self.init(
        "a rotation was interrupted and must be finished or rolled back first (\(journal.quoted))",
        hint: "octokey recover \(place.option)", status: .unfinishedRotation)
    case .foreignJournal(let path, let user):
      self.init(
        "\(path.quoted) belongs to user \(user), so octokey has not written it",
        hint: "find out who put it there, and remove it: rm \(path.shellWord)")
    case .protectedByWindows(let path, let setting) where setting != SettingName.masterKey:
      self.init(
        "\(setting.quoted) in \(path.quoted) is protected by Windows (DPAPI) and opens only on the "
          + "machine that wrote it",
        hint: "octokey config set puts a value in")
    case .protectedByWindows(let path, _):
      self.init(
        "the Master Key in \(path.quoted) is protected by Windows (DPAPI) and opens only on the "
          + "machine that wrote it",
        hint: "show the key there with Octopus.Server show-master-key, and give it in a key file: "
          + "--old-key-file or set-master-key")
    case .protectedByNewerServer(let path, let setting):
      self.init(
        "\(setting.quoted) in \(path.quoted) is protected in the form $OctopusMachineKeyV1$ "
          + "(AES-256-GCM), which octokey neither reads nor replaces",
        hint:
          "use the commands of the server for this setting; octokey config unset removes it, and "
          + "then octokey can put a value in, in the older form")
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
    case .protectionFailed:
      self.init(
        "a protected value failed its read-back check; nothing was written",
        hint: "this is a bug in octokey, please report it")
    case .noConfig(let workingDirectory, let instancesFolder):
      self.init(
        "no node config: there is no "
          + (workingDirectory.map { "OctopusServer.config in \($0.quoted)" } ?? "working directory")
          + " and no instance in \(instancesFolder.quoted)", hint: "--config names one")
    case .noSuchInstance(let name, let folder, let bad):
      self.init(
        "no instance \(name.quoted) found in \(folder.quoted)",
        hint: bad.isEmpty
          ? "--config names a node config itself"
          : "it may be in \(alternatives(bad)), which cannot be read as an instance record; --config names a "
            + "node config itself")
    case .severalInstances(nil, let folder, let found):
      self.init(
        "there are several instances in \(folder.quoted): \(list(found))",
        hint: "--instance names one")
    case .severalInstances(let name?, let folder, let found):
      self.init(
        "\(name.quoted) is spelt like several instances in \(folder.quoted): \(list(found))",
        hint: "give the name in the same letter case")
    case .badInstanceRecords(let paths):
      self.init(
        "cannot tell which instance is meant: \(alternatives(paths)) cannot be read as an instance record",
        hint: "--instance names an instance, --config a node config")
    }
  }

  /// A file of the register that is passed over.
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
    case .withoutPath: self.init(isNot + "no ConfigurationFilePath in it", hint: whatRecordsHold)
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
      "octokey set-master-key puts one in; --old-key-file gives a rotation the key",
    SettingName.connectionString: "--store says where the documents are",
  ][setting]
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

private func putBack(_ copy: String, as path: String) -> String {
  "the newest copy that can be read: cp -p \(copy.shellWord) \(path.shellWord)"
}
