// Words for what goes wrong with backups.

import Native
import OctopusKeys

extension Failure {
  init(_ error: BackupError) {
    switch error {
    case .native(let error): self.init(error)
    case .key(let error): self.init(error)
    case .config(let error): self.init(error)
    case .rotation(let error): self.init(error)
    case .unfitPassphrase(let source, let fault): self.init(unfitPassphrase: fault, from: source)
    case .encryptedFileMalformed(let path):
      self.init("\(path.quoted) is no sealed file, or asks for too much memory or time to open")
    case .cannotDecrypt(let path):
      self.init(
        "\(path.quoted) does not open: the passphrase is another one, or the file was changed",
        hint: "passphrases differ by the letter, and by blanks at their ends")
    case .noBackup(let path, let obstacle): self.init(noBackup: path, obstacle)
    case .manifestNotEncoded:
      self.init(
        "cannot write \(BackupManifest.fileName.quoted) as JSON",
        hint: "this is a fault of octokey, please report it")
    }
  }

  init(unfitPassphrase fault: PassphraseFault, from source: String) {
    let place = source.hasPrefix("the ") ? source : source.quoted
    switch fault {
    case .empty:
      self.init(
        "there is no passphrase in \(place)", hint: "nobody could be kept out by an empty one")
    case .severalLines:
      self.init(
        "\(place) holds more than one line", hint: "a passphrase is one line; is this the file?")
    case .noText:
      self.init(
        "\(place) holds what no keyboard types", hint: "a passphrase is a line of UTF-8 text")
    }
  }

  init(noBackup path: String, _ obstacle: BackupObstacle) {
    switch obstacle {
    case .missing(let name):
      self.init(
        "there is no whole backup in \(path.quoted): \(name.quoted) is missing",
        hint: "is this the folder that octokey backup create made?")
    case .malformed(let name):
      self.init(
        "\(path.quoted) holds no backup that this octokey understands: \(name.quoted) is damaged, or "
          + "from a later octokey")
    }
  }

  init(restoredHalf stop: RestoredHalf, former: String?, _ reason: CommandError.Reason) {
    let words =
      switch stop {
      case .store(_, let config):
        "\(reason.message), and the config \(config.quoted) was not restored"
      case .config(let config, false):
        "the store was restored, and the config \(config.quoted) was not: \(reason.message)"
      case .config(_, true): "the store was restored; \(reason.message)"
      }
    let before = reason.hint.map {
      $0.hasSuffix(runAgain) ? String($0.dropLast(runAgain.count)) : $0 + ", then "
    }
    self.init(
      words + (former.map { "; the former store is \($0.quoted)" } ?? ""),
      hint: (before ?? "") + "run the same command again", status: .incomplete)
  }

  init(_ obstacle: WouldOverwrite) {
    let reason =
      switch obstacle {
      case .configOfOtherKey(let path, let fingerprint, let backup):
        "\(path.quoted): it holds the key \(fingerprint), and the backup \(backup)"
      case .unreadableConfig(let path, let reason):
        "\(path.quoted): cannot tell which key it holds: \(reason)"
      case .otherConfig(let path): "\(path.quoted): it was changed after the backup"
      case .storeOfOtherKey(let location, let backup):
        "\(location.quoted): it does not open with the key of the backup, \(backup); it was rotated "
          + "since, or is another store"
      case .otherStore(let location):
        "\(location.quoted): it holds other documents than the backup"
      case .unreadableStore(let location, let reason):
        "\(location.quoted): cannot tell what it holds: \(reason)"
      }
    self.init(
      "refusing to overwrite " + reason,
      hint: "--overwrite puts the backup there and keeps what was there under another name")
  }
}

/// Why a server's certificate was not opened.
func words(for obstacle: PKCS12.Obstacle) -> String {
  switch obstacle {
  case .notPKCS12: "it is not a PKCS #12 file"
  case .tooCostly:
    "it asks for more than \(PKCS12.iterationLimit) iterations of its key derivations, which .NET "
      + "refuses, too"
  case .wrongPassword: "its checksum does not fit: it is damaged, or has a password"
  case .unreadable: "it holds no certificate, or uses a cipher that libcrypto lacks here"
  }
}
