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
          ? known?.defaultValue.map { "the default is \($0)" }
            ?? "octokey config list shows all settings"
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
        hint: "pass - and the value on standard input, use --value-file, or type it at the prompt",
        status: .usage)
    case .unfitValue(let key):
      self.init(
        "the value for \(key.quoted) is empty, is not UTF-8, or contains control characters",
        hint: "is this the right file?")
    case .wrongType(let key, let type):
      self.init(
        "\(key.quoted) must be \(words(for: type))",
        hint: "--force sets it anyway")
    case .editorFailed(let editor, let code):
      self.init(
        "the editor \(editor.quoted) exited with code \(code), nothing was changed",
        hint: code == 127 ? "set VISUAL or EDITOR to an editor" : nil)
    case .editGivenUp(let path):
      self.init("the edited config has problems, see above; \(path.quoted) was not changed")
    case .editedMeanwhile(let path):
      self.init(
        "\(path.quoted) was changed by another process in the meantime, and your edit was not applied"
      )
    case .editKept(let saved, let reason):
      self.init(
        "\(reason.message); your edit is saved in \(saved.quoted)",
        hint: (reason.hint.map { $0 + "; " } ?? "")
          + "octokey config diff \(saved) shows the differences", status: reason.status)
    case .otherFingerprint(let expected, let found):
      self.init(
        "fingerprint mismatch: expected \(expected), found \(found); nothing was changed",
        hint: "is this the key file of the last rotation?")
    case .keyOfAnotherStore(let fingerprint, let location, let misfit):
      self.init(
        "the key \(fingerprint) is not the key of \(location.quoted): \(misfit.text); nothing was "
          + "changed",
        hint:
          "octokey verify --key-file tries another key; --no-store-check sets this one anyway"
      )
    case .livenessUnknown(let nodes): self.init(livenessUnknown: nodes, hint: nil)
    case .storeNotSeen(let reason):
      let failure = Failure(reason)
      self.init(
        "cannot tell whether this is the key of the store: \(failure.message)",
        hint: (failure.hint.map { $0 + "; " } ?? "")
          + "--no-store-check sets it without this check",
        status: failure.status)
    case .storeNeeded(let option):
      self.init(
        "\(option) needs --store",
        hint: "the environment variable OCTOKEY_STORE works, too", status: .usage)
    case .keyNotGiven:
      self.init("no key was tried: none was given", hint: "give one with --key-file")
    case .windowsProtection(let config):
      self.init(
        "the Master Key in \(config.quoted) is protected by Windows (DPAPI); a server on Windows cannot "
          + "start with the config that octokey would write",
        hint:
          "--replace-windows-protection makes it a config for this machine; for a server that stays on "
          + "Windows, see octokey-deployments(7)")
    case .odbcOfOtherUser(let config, let user):
      self.init(
        "refusing to load the ODBC driver named in \(config.quoted): other users can write that file "
          + "(owner: user \(user))",
        hint:
          "if its driver and settings are right, give the connection string with --store or OCTOKEY_STORE"
      )
    case .backupOfOtherUser(let folder, let user):
      self.init(
        "refusing to restore to the paths recorded in \(folder.quoted): other users can write it (owner: user "
          + "\(user)), and no passphrase protects it",
        hint: "give the paths with --config and --store", status: .usage)
    case .valueInName(let setting):
      self.init(
        "the value of \(setting.quoted) must be a separate argument",
        hint: "octokey config set \(setting.shellWord) VALUE; without VALUE octokey prompts for it",
        status: .usage)
    case .noSuchService(let name):
      self.init(
        "service \(name.quoted) not found",
        hint: "use --unit for a systemd unit, --container for a container; octokey list-instances "
          + "shows the instances")
    case .programMissing(let name):
      self.init("\(name) not found on the PATH", hint: "is this the machine of the server?")
    case .serviceFailed(let name, let reason):
      self.init(
        "could not control the service \(name.quoted): \(clause(reason))",
        hint: "see systemctl status, journalctl or docker logs")
    case .serviceUnknown(let config):
      self.init(
        "cannot find the service of \(config.quoted): no instance is registered for it",
        hint: "use --unit for a systemd unit, --container for a container")
    case .passphrasesDiffer: self.init("the two passphrases differ; no backup was made")
    case .backupInsideStore(let folder, let location):
      self.init(
        "refusing to put a backup into \(folder.quoted): it is inside the store \(location.quoted)")
    case .backupOfAnotherStore(let fingerprint, let location, let misfit):
      self.init(
        "refusing to back up: the config's key \(fingerprint) is not the key of "
          + "\(location.quoted): \(misfit.text)",
        hint: "octokey verify --try-keys finds the key among old key files; octokey set-master-key "
          + "sets it in the config")
    case .backupNotSealed(let folder):
      self.init(
        "\(folder.quoted) was made without a passphrase, and one was given",
        hint: "is this the right backup, or was it replaced?")
    case .backupWithoutConfig(let folder):
      self.init(
        "the backup \(folder.quoted) contains no config, it was made with --state-dir",
        hint: "leave out --config and --instance", status: .usage)
    case .backupFaulty(let folder, let faults):
      self.init(
        "refusing to restore \(folder.quoted): it has \(faults) problem\(faults == 1 ? "" : "s"), see "
          + "above; nothing was changed",
        hint: "--ignore-faults restores what can be restored")
    case .restoredHalf(let stop, let former, let reason):
      self.init(restoredHalf: stop, former: former, reason)
    case .restoreWhileLive(let nodes, let tasks):
      self.init(
        live: nodes, tasks: tasks,
        hint: "stop every node; if they are stopped, wait, or use --ignore-live-nodes")
    case .wouldOverwrite(let obstacle): self.init(obstacle)
    case .outputFailed(let error):
      self.init("cannot write to standard output: \(reason(error))")
    case .noWorkingDirectory(let path, let error):
      self.init(
        "cannot resolve \(path.quoted), the working directory cannot be found: "
          + reason(error),
        hint: "change to an existing directory, or use absolute paths")
    }
  }
}

/// The system's text for a failed call whose place is known from the sentence.
private func reason(_ error: NativeError) -> String {
  guard case .system(_, _, let number) = error else { return Failure(error).message }
  return systemText(number)
}

/// What a value must be, after `must be`.
func words(for type: KnownSetting.WrongType) -> String {
  switch type {
  case .boolean: "true or false"
  case .number: "a number in the range of this setting"
  case .port: "a port number (1-65535)"
  case .listenPrefixes: "a list of URLs to listen on, such as http://localhost:8080/"
  case .json: "JSON text"
  case .connectionString: "a connection string"
  }
}
