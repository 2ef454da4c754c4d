// The words for failures of the commands themselves.

import Native
import OctopusKeys

extension Failure {
  init(_ error: CommandError) {
    switch error {
    case .cancelled: self.init("cancelled, nothing was changed", status: .cancelled)
    case .interrupted(let signal): self.init(stoppedBy: signal)
    case .declined: self.init("not confirmed, nothing was changed")
    case .noBackup(let options):
      self.init(
        "not confirmed, nothing was changed",
        hint: "make a backup first: octokey backup create --to DIR \(options)")
    case .cannotAsk(let option, .nonInteractive):
      self.init(
        "confirmation needed, but --non-interactive was given", hint: "give \(option)",
        status: .usage)
    case .cannotAsk(let option, .noTerminal):
      self.init("cannot prompt: no terminal", hint: "give \(option)", status: .usage)
    case .noSuchSetting(let key, let path, let near):
      let known = KnownSetting.named(key)
      self.init(
        "\(path.quoted) has no setting \(SettingKey.printable(key).quoted)",
        hint: near.isEmpty
          ? known?.defaultValue.map { "without one the server takes \($0)" }
            ?? "octokey config list shows those that are there"
          : "did you mean \(near.map(\.quoted).joined(separator: " or "))?")
    case .noSuchSchema(let name, let near):
      self.init(
        "unknown schema \(name.quoted)",
        hint: near.isEmpty
          ? "octokey schema lists them"
          : "did you mean \(near.map(\.quoted).joined(separator: " or "))?", status: .usage)
    case .secretArgument(let key):
      self.init(
        "refusing to take a secret for \(key.quoted) from the command line, where other users and "
          + "logs can see it",
        hint: "give - and the value on standard input, or --value-file, or type it when asked",
        status: .usage)
    case .unfitValue(let key):
      self.init(
        "the value for \(key.quoted) is empty, no UTF-8, or holds control characters",
        hint: "is this the file that you meant?")
    case .wrongType(let key, let type):
      self.init(
        "refusing to set \(key.quoted) to what is no \(words(for: type))",
        hint: "--force sets it all the same")
    case .editorFailed(let editor, let code):
      self.init(
        "the editor \(editor.quoted) ended with \(code), nothing was changed",
        hint: code == 127 ? "an editor is named by VISUAL or EDITOR" : nil)
    case .editGivenUp(let path):
      self.init("the edited config has faults, see above; \(path.quoted) was not changed")
    case .editedMeanwhile(let path):
      self.init("\(path.quoted) was changed by somebody else meanwhile and is as they left it")
    case .editKept(let saved, let reason):
      self.init(
        "\(reason.message); what you edited is in \(saved.quoted)",
        hint: (reason.hint.map { $0 + "; " } ?? "")
          + "octokey config diff \(saved) shows how they differ", status: reason.status)
    case .otherFingerprint(let expected, let found):
      self.init(
        "the key is \(found), and not \(expected) as was expected; nothing was changed",
        hint: "is this the key file of the last rotation?")
    case .keyOfAnotherStore(let fingerprint, let location, let misfit):
      self.init(
        "the key \(fingerprint) is not the key of \(location.quoted): \(misfit.text); nothing was "
          + "changed",
        hint:
          "octokey verify --key-file tries another one; --no-store-check sets this one all the same"
      )
    case .livenessUnknown(let nodes): self.init(livenessUnknown: nodes, hint: nil)
    case .storeNotSeen(let reason):
      let failure = Failure(reason)
      self.init(
        "cannot tell whether this is the key of the store: \(failure.message)",
        hint: (failure.hint.map { $0 + "; " } ?? "") + "--no-store-check sets it without looking",
        status: failure.status)
    case .storeNeeded(let option):
      self.init(
        "\(option) needs --store: nothing else says where the documents are",
        hint: "the environment variable OCTOKEY_STORE may say it, too", status: .usage)
    case .keyNotGiven:
      self.init("no key was tried: none was given", hint: "--key-file names one")
    case .windowsProtection(let config):
      self.init(
        "the Master Key in \(config.quoted) is protected by Windows (DPAPI), and the server there could not start with the "
          + "config that octokey would write",
        hint:
          "--replace-windows-protection makes it a config for this machine; for a server that stays on Windows, "
          + "octokey-deployments(7)")
    case .odbcOfOtherUser(let config, let user):
      self.init(
        "refusing to load the ODBC driver that \(config.quoted) names: other users can write that file (it is user "
          + "\(user)'s)",
        hint:
          "where its driver and settings are right, give the connection string with --store or OCTOKEY_STORE"
      )
    case .backupOfOtherUser(let folder, let user):
      self.init(
        "refusing to restore to where \(folder.quoted) says: other users can write it (it is user \(user)'s), and no "
          + "passphrase protects it",
        hint: "say where, with --config and --store", status: .usage)
    case .valueInName(let setting):
      self.init(
        "\(setting.quoted) and its value are two arguments",
        hint: "octokey config set \(setting.shellWord) VALUE; without VALUE it is asked for",
        status: .usage)
    case .noSuchService(let name):
      self.init(
        "there is no service \(name.quoted)",
        hint: "--unit names a systemd unit, --container a container; octokey list-instances shows "
          + "the instances")
    case .programMissing(let name):
      self.init("there is no \(name) on the PATH", hint: "is this the machine of the server?")
    case .serviceFailed(let name, let reason):
      self.init(
        "the service \(name.quoted) did not obey: \(clause(reason))",
        hint: "systemctl status, journalctl or docker logs tell more")
    case .serviceUnknown(let config):
      self.init(
        "no instance is registered for \(config.quoted), so that nobody can tell its service",
        hint: "--unit names a systemd unit, --container a container")
    case .passphrasesDiffer: self.init("the two passphrases differ; there is no backup")
    case .backupInsideStore(let folder, let location):
      self.init(
        "refusing to put a backup into \(folder.quoted): it would be a part of the store "
          + location.quoted)
    case .backupOfAnotherStore(let fingerprint, let location, let misfit):
      self.init(
        "refusing to back up: the config's key \(fingerprint) is not the key of "
          + "\(location.quoted): \(misfit.text)",
        hint: "octokey verify --try-keys finds the key among old key files; octokey set-master-key "
          + "puts it into the config")
    case .backupNotSealed(let folder):
      self.init(
        "\(folder.quoted) was made without a passphrase, and one was given",
        hint: "is this the backup that you meant, or has somebody put another one in its place?")
    case .backupFaulty(let folder, let faults):
      self.init(
        "refusing to restore \(folder.quoted): it has \(faults) fault\(faults == 1 ? "" : "s"), see "
          + "above; nothing was changed",
        hint: "--ignore-faults restores what is there")
    case .restoredHalf(let stop, let former, let reason):
      self.init(restoredHalf: stop, former: former, reason)
    case .restoreWhileLive(let nodes, let tasks):
      self.init(
        live: nodes, tasks: tasks,
        hint: "stop every node; if they are stopped, wait, or give --ignore-live-nodes")
    case .wouldOverwrite(let obstacle): self.init(obstacle)
    case .outputFailed(let error):
      self.init("cannot write to standard output: \(reason(error))")
    case .noWorkingDirectory(let path, let error):
      self.init(
        "cannot tell where \(path.quoted) is, the working directory cannot be found: "
          + reason(error),
        hint: "change to a directory that exists, or give absolute paths")
    }
  }
}

/// The system's text for a failed call whose place is known from the sentence.
private func reason(_ error: NativeError) -> String {
  guard case .system(_, _, let number) = error else { return Failure(error).message }
  return systemText(number)
}

/// What a value should have been, after `no`.
func words(for type: KnownSetting.WrongType) -> String {
  switch type {
  case .boolean: "true or false"
  case .number: "number that this setting can have"
  case .port: "port number from 1 to 65535"
  case .listenPrefixes: "list of URLs to listen on, such as http://localhost:8080/"
  case .masterKey: "Master Key"
  case .json: "JSON text"
  case .connectionString: "connection string"
  }
}
