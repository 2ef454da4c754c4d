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
      self.init(
        "\(path.quoted) is not an encrypted file, or needs too much memory or time to decrypt")
    case .cannotDecrypt(let path):
      self.init(
        "\(path.quoted) cannot be decrypted: wrong passphrase, or the file was changed",
        hint: "passphrases are case-sensitive; spaces count")
    case .noBackup(let path, let obstacle): self.init(noBackup: path, obstacle)
    case .manifestNotEncoded:
      self.init(
        "cannot write \(BackupManifest.fileName.quoted) as JSON",
        hint: "this is a bug in octokey, please report it")
    }
  }

  init(unfitPassphrase fault: PassphraseFault, from source: String) {
    let place = source.hasPrefix("the ") ? source : source.quoted
    switch fault {
    case .empty:
      self.init(
        "no passphrase in \(place)", hint: "an empty passphrase protects nothing")
    case .severalLines:
      self.init(
        "\(place) contains more than one line",
        hint: "a passphrase is one line; is this the right file?")
    case .noText:
      self.init(
        "\(place) contains control characters or is not UTF-8",
        hint: "a passphrase is a line of UTF-8 text")
    }
  }

  init(noBackup path: String, _ obstacle: BackupObstacle) {
    switch obstacle {
    case .missing(let name):
      self.init(
        "incomplete backup in \(path.quoted): \(name.quoted) is missing",
        hint: "is this the folder that octokey backup create made?")
    case .malformed(let name):
      self.init(
        "cannot read the backup in \(path.quoted): \(name.quoted) is damaged, or written by a newer "
          + "version of octokey")
    }
  }

  init(restoredHalf stop: RestoredHalf, former: String?, _ reason: CommandError.Reason) {
    let words =
      switch stop {
      case .store(_, nil): reason.message
      case .store(_, let config?):
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
        "\(path.quoted): it contains the key \(fingerprint), the backup \(backup)"
      case .unreadableConfig(let path, let reason):
        "\(path.quoted): its key cannot be read: \(reason)"
      case .otherConfig(let path): "\(path.quoted): it was changed after the backup"
      case .storeOfOtherKey(let location, let backup):
        "\(location.quoted): it cannot be decrypted with the key of the backup, \(backup); it was rotated "
          + "since, or is another store"
      case .otherStore(let location):
        "\(location.quoted): its documents differ from those in the backup"
      case .unreadableStore(let location, let reason):
        "\(location.quoted): its contents cannot be read: \(reason)"
      }
    self.init(
      "refusing to overwrite " + reason,
      hint: "--overwrite restores the backup and keeps the existing files under another name")
  }
}

/// Why a server's certificate could not be decrypted.
func words(for obstacle: PKCS12.Obstacle) -> String {
  switch obstacle {
  case .notPKCS12: "it is not a PKCS #12 file"
  case .tooCostly:
    "its key derivations need more than \(PKCS12.iterationLimit) iterations, which .NET refuses, too"
  case .wrongPassword: "its checksum does not match: it is damaged, or has a password"
  case .unreadable: "it contains no certificate, or uses a cipher that libcrypto does not support"
  }
}
