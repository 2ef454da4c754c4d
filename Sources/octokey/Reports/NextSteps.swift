// What the user has to do after a rotation, in order.

internal import Native
internal import OctopusKeys

enum NextSteps {
  /// - Parameters:
  ///   - aboutCopy: what is to be done about the copy of the config.
  ///   - isProved: whether every value is under the new key, so that something may be destroyed.
  ///   - copies: copies of the config that hold the old key, and are not needed for anything else.
  ///   - snapshot: what is to be done about the database snapshot from before.
  ///   - attachments: files of the server that stay under the old key.
  static func afterRotation(
    oldKey: String, newKey: String, keyFile: String, aboutCopy: [String],
    isProved: Bool = true, copies: String?,
    otherNodes: [String], snapshot: [String], attachments: AttachmentsReport?,
    residues: [StoreResidue], quoted: Int, unreadable: Int
  ) -> [String] {
    let name = keyFile.split(separator: "/").last.map(String.init) ?? keyFile
    var steps: [String] = []
    if unreadable > 0 {
      steps.append(
        "\(unreadable) values open under neither key and were left as they were: set them anew in "
          + "Octopus, or find the key that they were made with")
    }
    steps += [
      "copy \"\(keyFile)\" to a safe place off this machine: without it nobody can read a backup "
        + "made from now on"
    ]
    steps += otherNodes.map { node in
      // A name from the database goes into a command line only if it needs no quotes.
      isPlain(node)
        ? "on node \(node), while its server is stopped: ssh \(node) octokey set-master-key "
          + "--key-file - --expect-fingerprint \(newKey) <\(keyFile.shellWord)"
        : "on node \(node.quoted), while its server is stopped: octokey set-master-key --key-file \(name)"
    }
    steps += [
      (otherNodes.isEmpty
        ? "on every other node" : "on any other node that the database does not know")
        + ": stop it, bring \"\(name)\" there, and run: octokey set-master-key --key-file \(name)",
      "check this node and each other one: octokey verify (key \(newKey)), and compare "
        + "them: octokey status --format json on each, octokey status --compare FILE... on one",
      "start the nodes; everybody is signed out and signs in again",
      "make a new backup, and test it: octokey backup create --to DIR, octokey backup verify DIR",
    ]
    steps += snapshot
    steps += residues.flatMap(\.steps)
    if quoted > 0 {
      steps.append(
        "\(quoted) longer texts quote a ciphertext under the old key (see the JSON report); they were "
          + "left as they were and cannot be read once the old key is gone")
    }
    steps += aboutCopy
    if let attachments { steps.append(attachments.sentence(oldKey: oldKey)) }
    steps += [
      "keep the old key (\(oldKey)) for as long as a backup from before the rotation"
        + (attachments == nil ? "" : " or an attachment of the server")
        + " is kept: it is the only key to it",
      "whoever has the old key can still read what was made with it: \(copies.map { $0 + ", " } ?? "")database "
        + "backups, replicas and transaction logs from before; "
        + (isProved ? "destroy them in time, and " : "")
        + "change the secrets themselves if the old key has leaked",
    ]
    return steps
  }

  fileprivate static func isPlain(_ name: String) -> Bool {
    !name.hasPrefix("-") && !name.isEmpty
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
      }
  }

}

extension String {
  /// A path as one word of a shell, for commands that are to be pasted.
  var shellWord: String {
    split(separator: "/").allSatisfy { NextSteps.isPlain(String($0)) } && !isEmpty
      ? self : "'" + replacing(scalar: "'", with: "'\\''") + "'"
  }
}
