// The words for every failure. Each room's error type has one switch without a default, so that the
// compiler asks for the words of a new case.
//
// A message is one sentence in lower case without a full stop that names the file, option or table
// in double quotes; a hint says what to do. Neither ever holds a secret or the contents of a
// document. See Console.swift for the voice.

import Native
import OctopusKeys

/// A failure as a person and a script see it.
struct Failure {
  /// What is wrong.
  let message: String
  /// What to do about it.
  let hint: String?
  /// The code for scripts.
  let status: ExitStatus

  init(_ message: String, hint: String? = nil, status: ExitStatus = .failed) {
    self.message = message
    self.hint = hint
    self.status = status
  }

  /// The words for anything that a command throws.
  init(describing error: any Error) {
    switch error {
    case let error as CommandError: self.init(error)
    case let error as KeysError: self.init(error)
    case let error as StoreError: self.init(error)
    case let error as NativeError: self.init(error)
    default: self.init("unexpected error of type \(type(of: error))")
    }
  }

  init(_ error: CommandError) {
    switch error {
    case .cancelled:
      self.init("cancelled, nothing was changed")
    case .declined:
      self.init("not confirmed, nothing was changed")
    case .cannotAsk(let option, .nonInteractive):
      self.init(
        "refusing to ask after --non-interactive", hint: "give \(option)", status: .usage)
    case .cannotAsk(let option, .noTerminal):
      self.init("there is no terminal to ask on", hint: "give \(option)", status: .usage)
    case .outputFailed(let number):
      self.init("cannot write to standard output: \(systemText(number))")
    }
  }

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
      self.init("there is no Master Key in \(named(source))")
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
        hint: "the config may come from another machine: set-master-key puts a key in, and "
          + "--machine-id-file names another machine's identity")
    case .noMachineKey(let tried):
      self.init(
        "there is no machine key to protect the Master Key with: \(words(for: tried))",
        hint: "systemd-machine-id-setup makes a machine-id")
    case .noConfig(let workingDirectory, let instancesFolder):
      self.init(
        "no node config: there is no OctopusServer.config in \(workingDirectory.quoted) and no "
          + "instance in \(instancesFolder.quoted)", hint: "--config names one")
    case .noSuchInstance(let name, let folder):
      self.init("there is no instance \(name.quoted) in \(folder.quoted)")
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
    case .store(let error):
      self.init(error)
    case .noDocuments(let location):
      self.init(
        "\(location.quoted) has no table with a JSON or JSONBlob column",
        hint: "is this the database of an Octopus Server? --store says where the documents are")
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
        hint: "--leave-unreadable goes on and leaves them as they are; --binary-column decides for "
          + "a binary column")
    case .ledgerMismatch(_, _, let location):
      self.init(
        "what came back from \(location.quoted) was not what was written; it was rolled back, "
          + "nothing was changed",
        hint: "the device or the database may be failing; test both before you try again")
    case .configNotSwitched(let config, let keyFile, let reason):
      let cause = Failure(reason)
      self.init(
        "all sensitive values are under the new key, but the config still holds the old one: "
          + cause.message,
        hint: "octokey set-master-key --config \(config.quoted) --key-file \(keyFile.quoted)",
        status: .unfinishedRotation)
    }
  }

  init(_ error: StoreError) {
    switch error {
    case .notFound(let location):
      self.init(
        "there is no store at \(location.quoted)", hint: "--store says where the documents are")
    case .notAStore(let location, let reason):
      self.init("\(location.quoted) is no store: \(clause(reason))")
    case .readOnly(let location):
      self.init("\(location.quoted) cannot be written", hint: rightUser)
    case .accessDenied(let location):
      self.init("access to \(location.quoted) was denied", hint: rightUser)
    case .busy(let location):
      self.init(
        "\(location.quoted) is in use by somebody else",
        hint: "stop every Octopus Server node that uses this store, then run the command again",
        status: .busy)
    case .full(let location):
      self.init("no room is left for \(location.quoted)", hint: moreRoom)
    case .invalidLocation(let text, let reason):
      self.init(
        "\(text.quoted) is no store location: \(clause(reason))",
        hint: "a location is sqlite:PATH, directory:PATH or sqlserver:CONNECTION-STRING")
    case .obstacle(let location, let collection, let obstacle):
      self.init(
        "refusing to rewrite \(collection.quoted) of \(location.quoted): \(words(for: obstacle))",
        hint: advice(on: obstacle))
    case .changedMeanwhile(let location, let collection, let document):
      self.init(
        "document \(document.quoted) of \(collection.quoted) in \(location.quoted) changed while "
          + "it was being worked on",
        hint: "stop every Octopus Server node that uses this store, then run the command again")
    case .failed(let location, let collection?, let reason):
      self.init("\(collection.quoted) of \(location.quoted): \(clause(reason))")
    case .failed(let location, nil, let reason):
      self.init("\(location.quoted): \(clause(reason))")
    }
  }

  init(_ error: NativeError) {
    switch error {
    case .system(let call, let path, let number):
      self.init(
        "cannot \(verb(for: call))\(path.isEmpty ? "" : " " + path.quoted): \(systemText(number))",
        hint: advice(on: SystemErrorKind(errno: number)))
    case .crypto(let call, let reason):
      self.init("libcrypto failed in \(call)\(reason.isEmpty ? "" : ": " + clause(reason))")
    case .alreadyExists(let path):
      self.init(
        "\(path.quoted) is there already",
        hint: "octokey never writes over a file that it did not make; choose another name")
    case .notAFile(let path):
      self.init("\(path.quoted) is no file")
    case .changedMeanwhile(let path):
      self.init(
        "\(path.quoted) was changed by somebody else meanwhile", hint: "run the command again")
    case .cannotKeep(let attribute, let path):
      self.init(
        "refusing to replace \(path.quoted): its \(attribute) could not be kept", hint: rightUser)
    case .severalLinks(let path, let count):
      self.init(
        "refusing to replace \(path.quoted): it has \(count) names, and the others would keep the "
          + "old contents", hint: "remove the other hard links")
    case .foreignLink(let path, let target):
      self.init(
        "refusing to follow the symbolic link \(path.quoted) to \(target.quoted): they belong to "
          + "different users", hint: "name the file itself")
    case .tooLarge(let path, let limit):
      self.init(
        "\(path.quoted) is larger than \(limit) bytes", hint: "is this the file that you meant?")
    case .malformedXML(let line, let column, let reason):
      self.init("line \(line), column \(column) is no well-formed XML: \(clause(reason))")
    case .forbiddenXML(let line, let construct):
      self.init(
        "refusing to read \(construct) in line \(line)",
        hint: "an Octopus Server configuration never holds one; take it out if you trust the file")
    case .damagedGzip(let reason):
      self.init("compressed data is damaged: \(clause(reason))")
    case .sqlite(let code, let message):
      self.init("sqlite answered \(code): \(clause(message))")
    }
  }
}

private let rightUser = "run octokey as the user that Octopus Server runs as, or as root"
private let moreRoom = "make room on the device, then run the command again"

/// A path in quotes; an option or a phrase of ours (`the answer`) as it is.
private func named(_ source: String) -> String {
  source.hasPrefix("--") || source.hasPrefix("the ") ? source : source.quoted
}

private func list(_ names: [String]) -> String { names.map(\.quoted).joined(separator: ", ") }

private func advice(onMissing setting: String) -> String? {
  switch setting {
  case SettingName.masterKey: "octokey set-master-key puts one in"
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

private func words(for obstacle: StoreObstacle) -> String {
  switch obstacle {
  case .triggers(let names):
    "every write would run \(list(names))"
  case .generatedColumn(let name): "column \(name.quoted) is computed from others"
  case .virtualTable: "it is a virtual table"
  case .noRowKey: "no key tells its rows apart"
  }
}

private func advice(on obstacle: StoreObstacle) -> String? {
  switch obstacle {
  case .triggers: "drop the triggers for the time of the rotation"
  case .generatedColumn, .virtualTable, .noRowKey:
    "no table of Octopus Server is like this; move it to a database of its own"
  }
}

private func advice(on kind: SystemErrorKind) -> String? {
  switch kind {
  case .accessDenied: rightUser
  case .exists: "octokey never writes over a file that holds a key; choose another name"
  case .noSpace: moreRoom
  case .symbolicLink: "symbolic links are not followed here; name the file itself"
  case .notFound, .readOnly, .notADirectory, .isADirectory, .busy, .brokenPipe, .other: nil
  }
}

/// What was being done, for `cannot …`. A call that is not here is named as it is.
private func verb(for call: String) -> String {
  switch call {
  case "open", "openat", "fdopendir", "opendir": "open"
  case "read", "pread", "readlink": "read"
  case "write", "pwrite": "write"
  case "fsync", "fdatasync", "syncfs": "write to disk"
  case "rename", "renameat", "renameat2": "replace"
  case "unlink", "unlinkat": "remove"
  case "mkdir", "mkdirat": "create"
  case "stat", "fstat", "lstat", "fstatat": "look at"
  case "flock", "fcntl": "lock"
  case "chmod", "fchmod": "set the permissions of"
  case "chown", "fchown": "set the owner of"
  default: "do \(call) on"
  }
}

private func systemText(_ number: Int32) -> String { clause(SystemErrorKind.text(errno: number)) }

/// Somebody else's sentence as the end of one of ours: no capital, no full stop, one line.
func clause(_ text: String) -> String {
  var text = text
  while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
  // `JSON` and `I/O` keep their capitals.
  let second = text.dropFirst().first
  if let second, second.isLowercase || second == " " {
    text = text.prefix(1).lowercased() + text.dropFirst()
  }
  return text
}
