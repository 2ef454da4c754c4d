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
  ///   - hasConfig: whether this node's config has the new key.
  ///   - deployment: how the servers get their key; nil where only the names of the nodes may tell.
  static func afterRotation(
    oldKey: String, newKey: String, keyFile: String, aboutCopy: [String],
    isProved: Bool = true, copies: String?,
    otherNodes: [String], snapshot: [String], attachments: AttachmentsReport?,
    residues: [StoreResidue], quoted: Int, unreadable: Int, hasConfig: Bool,
    deployment: Deployment? = nil
  ) -> [String] {
    var steps: [String] = []
    if unreadable > 0 {
      steps.append(
        "\(unreadable) values decrypt with neither key and are unchanged: set them again in Octopus, "
          + "or find the key that encrypted them")
    }
    steps += [
      "copy \"\(keyFile)\" to a safe place off this machine: without it a backup made from now on "
        + "cannot be read"
    ]
    steps += toNodes(
      newKey: newKey, keyFile: keyFile, otherNodes: otherNodes, hasConfig: hasConfig, deployment)
    let place =
      hasConfig
      ? ""
      : " --state-dir DIR --store LOCATION --key-file \(keyFile.shellWord)"
    steps += [
      "make a new backup, and test it: octokey backup create --to FOLDER\(place), octokey backup verify FOLDER"
    ]
    steps += snapshot
    steps += residues.flatMap(\.steps)
    if quoted > 0 {
      steps.append(
        "\(quoted) longer texts quote a ciphertext under the old key (see the JSON report); they are "
          + "unchanged and cannot be decrypted once the old key is gone")
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

  /// How the servers get the new key, and are started.
  private static func toNodes(
    newKey: String, keyFile: String, otherNodes: [String], hasConfig: Bool,
    _ deployment: Deployment?
  ) -> [String] {
    let isGuess = deployment == nil
    let deployment = deployment ?? Deployment(guessedFrom: otherNodes) ?? .linux
    guard deployment == .linux else {
      let guess =
        isGuess
        ? [
          "the names of the nodes look like pods of Kubernetes; if they are not, --deployment says what they are"
        ] : []
      return guess + deployment.steps(keyFile: keyFile, nodes: otherNodes) + [
        "check the key (\(newKey)) in each server: Octopus.Server show-master-key; all users are signed out"
      ]
    }
    let name = keyFile.split(separator: "/").last.map(String.init) ?? keyFile
    let others =
      !hasConfig && otherNodes.isEmpty
      ? "on every node"
      : otherNodes.isEmpty
        ? "on every other node" : "on any other node that the database does not know"
    return otherNodes.map { node in
      // A name from the database goes into a command line only if it needs no quotes.
      isPlain(node)
        ? "on node \(node), while its server is stopped: ssh \(node) octokey set-master-key "
          + "--key-file - --expect-fingerprint \(newKey) <\(keyFile.shellWord)"
        : "on node \(node.quoted), while its server is stopped: octokey set-master-key --key-file \(name)"
    } + [
      "\(others): stop it, bring \"\(name)\" there, and run: octokey set-master-key --key-file \(name)",
      "check \(hasConfig ? "this node and each other one" : "each node"): octokey verify (key \(newKey)), and compare "
        + "them: octokey status --format json on each, octokey status --compare FILE... on one",
      "start the nodes; all users are signed out, and sign in again",
    ]
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
