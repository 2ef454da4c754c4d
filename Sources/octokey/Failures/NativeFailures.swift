// Words for what Linux and the C libraries answer.

import Native

extension Failure {
  init(_ error: NativeError) {
    switch error {
    case .system("tcsetattr", let path, let number):
      self.init(
        "cannot set the mode of \(path.quoted): \(systemText(number))",
        hint: "run stty sane if the terminal does not show what you type")
    case .system(let call, let path, let number):
      self.init(
        "cannot \(verb(for: call))\(path.isEmpty ? "" : " " + path.quoted): \(systemText(number))",
        hint: advice(on: SystemErrorKind(errno: number)))
    case .crypto(let call, let reason):
      self.init("libcrypto failed in \(call)\(reason.isEmpty ? "" : ": " + clause(reason))")
    case .alreadyExists(let path):
      self.init(
        "\(path.quoted) already exists",
        hint: "octokey never overwrites a file that it did not make; choose another name")
    case .notAFile(let path):
      self.init("\(path.quoted) is not a file", hint: "name the file itself")
    case .notPlain(let path, let kind):
      self.init(
        "\(path.quoted) is \(name(of: kind)), not a regular file",
        hint: "find out who created it, and remove it")
    case .notALock(let path):
      self.init(
        "\(path.quoted) is not a lock of octokey: it is not empty, has several hard links, or belongs to another user",
        hint: "find out who created it, and remove it if no octokey is running")
    case .belongsToOther(let path, let user):
      self.init(
        "\(path.quoted) belongs to user \(user), its folder to another user",
        hint: "find out who created it; chown it to the folder's owner if it is legitimate")
    case .notACompanion(let path):
      self.init(
        "\(path.quoted) was not made by the database beside it: it has several hard links, or belongs to another user",
        hint: "find out who created it, and move it away if it does not belong to the database")
    case .noWriter(let path):
      self.init(
        "no process writes to the pipe \(path.quoted)",
        hint: "start the program that writes the key first, or give a file")
    case .unconfirmed(let path, let number):
      self.init(
        "\(path.quoted) was written, but could not be flushed to disk: \(systemText(number))",
        hint: "the device may be failing; check after a restart that the change is there",
        status: .incomplete)
    case .changedMeanwhile(let path):
      self.init(
        "\(path.quoted) was changed by another process in the meantime", hint: runAgain,
        status: .busy)
    case .cannotKeep(let attribute, let path):
      self.init(
        "refusing to replace \(path.quoted): its \(attribute) cannot be preserved", hint: rightUser)
    case .mountPoint(let path):
      self.init(
        "cannot replace \(path.quoted): it is a mount point",
        hint:
          "--in-place copies the file, then writes into it; or mount its folder instead of the "
          + "single file")
    case .immutable(let path):
      self.init(
        "cannot change \(path.quoted): it is immutable", hint: "chattr -i \(path.shellWord)")
    case .appendOnly(let path):
      self.init(
        "cannot change \(path.quoted): it is append-only", hint: "chattr -a \(path.shellWord)")
    case .readOnlyFileSystem(let path):
      self.init(
        "cannot write to \(path.quoted): read-only file system",
        hint: "mount the file system read-write (mount -o remount,rw; in a container, mount the "
          + "volume without ro)")
    case .folderNotWritable(let path):
      self.init("cannot create files in \(path.quoted): permission denied", hint: rightUser)
    case .fileNotWritable(let path):
      self.init("cannot write to \(path.quoted): permission denied", hint: rightUser)
    case .stickyFolder(let path, let folder):
      self.init(
        "cannot replace \(path.quoted): it belongs to another user, and \(folder.quoted) is sticky",
        hint: rightUser)
    case .noRoom(let path, let needed, let available):
      self.init(
        "no space left on device for \(path.quoted): \(needed) bytes are needed, \(available) are free",
        hint: moreRoom)
    case .noFreeInodes(let path):
      self.init(
        "no free inodes on the file system of \(path.quoted)",
        hint: "remove unneeded files; df -i shows the inodes in use")
    case .halfWritten(let path, let copy, let call, let number):
      self.init(
        "\(path.quoted) is only partly written: cannot \(verb(for: call)) it: \(systemText(number)); "
          + "its former contents are in \(copy.quoted)",
        hint: "remove the cause, then cp \(copy.shellWord) \(path.shellWord)", status: .incomplete)
    case .badReadBack(let path):
      self.init(
        "\(path.quoted) failed its read-back check; its former contents were put back",
        hint: "the device may be failing; test it before trying again")
    case .severalLinks(let path, let count):
      self.init(
        "refusing to replace \(path.quoted): it has \(count) hard links, and the others would keep "
          + "the old contents", hint: "remove the other hard links")
    case .foreignLink(let path, let target):
      self.init(
        "refusing to follow the symbolic link \(path.quoted) to \(target.quoted): they belong to "
          + "different users", hint: "name the file itself")
    case .tooManyLinks(let path):
      self.init("cannot open \(path.quoted): too many levels of symbolic links", hint: nameTheFile)
    case .noPrivateFolder(let path):
      self.init(
        "cannot create a private folder in \(path.quoted)",
        hint: "set XDG_RUNTIME_DIR to a folder that no other user can write to")
    case .tooLarge(let path, let limit):
      self.init(
        "\(path.quoted) is larger than \(limit) bytes", hint: "is this the right file?")
    case .malformedXML(let line, let column, let reason):
      self.init("line \(line), column \(column) is not well-formed XML: \(clause(reason))")
    case .forbiddenXML(let line, let construct):
      self.init(
        "refusing to read \(construct) in line \(line)",
        hint: "a node config never contains that; remove it if you trust the file")
    case .damagedGzip(let reason): self.init("compressed data is damaged: \(clause(reason))")
    case .gzipTooLarge(let limit):
      self.init("compressed data unpacks to more than \(limit) bytes")
    case .notUndone(let path, let left, true):
      self.init(
        "\(path.quoted) could not be replaced; its former contents are now in \(left.quoted)",
        hint: "rename \(left.quoted) to \(path.quoted), then run the command again",
        status: .incomplete)
    case .notUndone(let path, let left, false):
      self.init(
        "\(path.quoted) could not be replaced and is unchanged, but \(left.quoted) could not be removed",
        hint: "remove \(left.quoted), then run the command again", status: .incomplete)
    case .notUnicode: self.init("the text is not valid UTF-8")
    case .sqlite(let code, let message, let number):
      let system = number == 0 ? "" : " (\(systemText(number)))"
      self.init("error \(code.rawValue) from SQLite: \(clause(message))\(system)")
    case .odbc(let call, let diagnostics):
      let words = diagnostics.map { "\(clause($0.text)) (\($0.state), \($0.number))" }
      self.init("odbc failed in \(call): \(words.joined(separator: "; "))")
    }
  }
}

private let nameTheFile = "symbolic links are not followed here; name the file itself"

private func advice(on kind: SystemErrorKind) -> String? {
  switch kind {
  case .accessDenied: rightUser
  case .noSpace: moreRoom
  case .noLocks:
    "the file system cannot lock files now; on NFS the lock service (rpc.statd, lockd) must run, or "
      + "the mount needs local_lock=all"
  case .symbolicLink: nameTheFile
  case .notFound: "check the path; a relative path starts at the working directory"
  case .readOnly: "mount the file system read-write"
  case .notADirectory, .isADirectory: "name the file itself"
  case .busy, .brokenPipe, .other: nil
  }
}

private func name(of kind: FileStatus.Kind) -> String {
  switch kind {
  case .regular: "a file"
  case .folder: "a folder"
  case .symbolicLink: "a symbolic link"
  case .pipe: "a pipe or socket"
  case .other: "a device"
  }
}

/// The verb after `cannot`. A call that is not listed is named as it is.
private func verb(for call: String) -> String { verbs[call] ?? "do \(call) on" }

private let verbs = [
  "open": "open", "opendir": "open", "read": "read", "readlink": "read", "write": "write",
  "fsync": "write to disk", "syncfs": "write to disk", "rename": "replace", "unlink": "remove",
  "mkdir": "create", "stat": "access", "fstat": "access", "lstat": "access",
  "fstatat": "access", "flock": "lock", "fcntl": "lock", "chmod": "set the permissions of",
  "fchmod": "set the permissions of", "ftruncate": "write to", "lseek": "read", "link": "create",
  "mkstemp": "create", "statfs": "access", "faccessat": "access",
  "fremovexattr": "set the attributes of", "getcwd": "access the working directory",
]
