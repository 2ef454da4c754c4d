// Words for what goes wrong with keys and key files.

import OctopusKeys

extension Failure {
  init(_ error: KeyError) {
    switch error {
    case .native(let error): self.init(error)
    case .wrongLength(let bytes, let source):
      self.init(
        "\(named(source)) is not a Master Key: it has \(bytes) bytes",
        hint: "a Master Key has 16 or 32 bytes, which are 24 or 44 base64 characters")
    case .unfitForNew(let bits, let source):
      self.init(
        "\(named(source)) has \(bits) bits; a new Master Key has 128 or 256",
        hint:
          "32 base64 characters decode to 192 bits: is this a password and not a key?")
    case .notBase64(let source):
      self.init(
        "\(named(source)) is not base64",
        hint: "a Master Key has 24 or 44 base64 characters, as from "
          + "`openssl rand -base64 32`")
    case .missing(let source):
      self.init(
        "no Master Key in \(named(source))",
        hint: "a Master Key has 24 or 44 base64 characters")
    case .encodedTwice(let source):
      self.init(
        "\(named(source)) contains the value of a Secret that was not decoded",
        hint: "base64 -d decodes it to the text of the key")
    case .machineID(let source):
      self.init(
        "\(named(source)) contains a machine id, not a Master Key",
        hint: "--machine-id-file names it; a Master Key has 24 or 44 base64 characters")
    case .protectedValue(let source):
      self.init(
        "\(named(source)) contains the protected value of a node config, not a key",
        hint: "run octokey show-master-key on the machine of that config")
    case .severalKeys(let source, let count):
      self.init(
        "\(named(source)) contains \(count) possible keys",
        hint: "put the right one into a separate file")
    case .weak(let weakness, let source):
      self.init(
        "the key in \(named(source)) can be guessed: \(weakness.words)",
        hint: "octokey new-master-key makes a random one; --allow-weak-key accepts this one")
    case .notAlone(let source, let line):
      self.init(
        "\(named(source)) contains more text after the key, in line \(line)",
        hint: "a key file contains comment lines that begin with #, then one key")
    case .fingerprintDiffers(let source):
      self.init(
        "the key in \(named(source)) does not match the fingerprint in its comment",
        hint: "the file is damaged, or was edited; use another copy of it")
    case .readBackDiffers(let path):
      self.init(
        "\(path.quoted) failed its read-back check, and was removed",
        hint: "the device may be failing; choose another one")
    }
  }
}

extension KeyWeakness {
  fileprivate var words: String {
    switch self {
    case .wellKnown: "it is published in documentation"
    case .pattern: "its bytes are a pattern"
    case .printable: "all its bytes are printable characters"
    }
  }
}

/// A path in quotes; an option or one of octokey's own phrases (`the answer`) unquoted.
private func named(_ source: String) -> String {
  source.hasPrefix("--") || source.hasPrefix("the ") ? source : source.quoted
}
