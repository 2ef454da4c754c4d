// Words for what goes wrong with keys and key files.

import OctopusKeys

extension Failure {
  init(_ error: KeyError) {
    switch error {
    case .native(let error): self.init(error)
    case .wrongLength(let bytes, let source):
      self.init(
        "\(named(source)) holds \(bytes) bytes, which is no Master Key",
        hint: "a Master Key has 16 or 32 bytes, which are 24 or 44 base64 characters")
    case .unfitForNew(let bits, let source):
      self.init(
        "\(named(source)) holds \(bits) bits, and a new Master Key has 128 or 256",
        hint:
          "32 base64 characters decode to 192 bits: was a 32-character password taken for a key?")
    case .notBase64(let source):
      self.init(
        "\(named(source)) is no base64",
        hint: "a Master Key is written as 24 or 44 base64 characters, such as "
          + "`openssl rand -base64 32` makes")
    case .missing(let source):
      self.init(
        "there is no Master Key in \(named(source))",
        hint: "a Master Key is written as 24 or 44 base64 characters")
    case .encodedTwice(let source):
      self.init(
        "\(named(source)) holds the value of a Secret that was not decoded",
        hint: "base64 -d decodes it to the text of the key")
    case .protectedValue(let source):
      self.init(
        "\(named(source)) holds the protected value of a node config, not a key",
        hint: "octokey show-master-key reads the key of a config on the machine that it belongs to")
    case .severalKeys(let source, let count):
      self.init(
        "\(named(source)) holds \(count) texts that may be a key",
        hint: "give the right one in a file of its own")
    case .weak(let weakness, let source):
      self.init(
        "the key in \(named(source)) can be guessed: \(weakness.words)",
        hint: "octokey new-master-key makes a random one; --allow-weak-key takes this one anyway")
    case .notAlone(let source, let line):
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
    }
  }
}

extension KeyWeakness {
  fileprivate var words: String {
    switch self {
    case .wellKnown: "it is printed in documentation"
    case .pattern: "its bytes are a pattern"
    case .printable: "all its bytes are printable characters"
    }
  }
}

/// A path in quotes; an option or a phrase of ours (`the answer`) as it is.
private func named(_ source: String) -> String {
  source.hasPrefix("--") || source.hasPrefix("the ") ? source : source.quoted
}
