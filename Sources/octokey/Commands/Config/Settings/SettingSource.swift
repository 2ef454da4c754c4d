// The ways to give `config set` a value. A secret is not accepted as an argument.

import Native
import OctopusKeys

struct SettingSource {
  /// The name of the value in errors.
  static let name = "the value"

  private enum Way {
    case argument(String)
    case standardInput
    case file(String)
    case prompt
  }

  private let way: Way
  private let key: String

  init(value: String?, file: String?, key: String) {
    self.key = key
    way =
      switch (value, file) {
      case ("-", _), (nil, "-"): .standardInput
      case (let value?, _): .argument(value)
      case (nil, let file?): .file(file)
      case (nil, nil): .prompt
      }
  }

  /// Whether the user is asked for it.
  var asks: Bool {
    switch way {
    case .prompt: true
    case .argument, .standardInput, .file: false
    }
  }

  /// The value of a protected setting. A Master Key may be a whole key file.
  func readSecret(_ context: Context) throws -> SecretBytes {
    let text = try secret(context)
    if KnownSetting.named(key)?.kind == .masterKey {
      return try KeyFile.parse(text, source: SettingSource.name).base64()
    }
    guard text.withBytes({ MachineKeys.isTypable($0) }) else {
      throw CommandError.unfitValue(key: key)
    }
    return text.withBytes { SecretBytes(copying: $0) }
  }

  /// A value that is plain text in the file, although it may be a secret.
  func readText(_ context: Context) throws -> String {
    let isSecret = KnownSetting.secrecy(of: key) != .open
    let text: String
    switch way {
    case .argument(let value):
      if isSecret || SettingMask.redacted(value) != value {
        throw CommandError.secretArgument(key: key)
      }
      text = value
    case .prompt where !isSecret && KnownSetting.named(key)?.kind != .connectionString:
      text = try context.console.askLine(key, option: "the value")
    case .standardInput, .file, .prompt:
      let secret = try secret(context)
      guard secret.withBytes({ $0.isEmpty || MachineKeys.isTypable($0) }) else {
        throw CommandError.unfitValue(key: key)
      }
      text = secret.withBytes { String(decoding: Array(copying: $0), as: UTF8.self) }
    }
    let bytes = Array(text.utf8)
    guard bytes.isEmpty || MachineKeys.isTypable(bytes.span) else {
      throw CommandError.unfitValue(key: key)
    }
    return text
  }

  /// Larger than any value, in bytes.
  private static let sizeLimit = 1 << 20

  private func secret(_ context: Context) throws -> SecretBytes {
    switch way {
    case .argument: throw CommandError.secretArgument(key: key)
    case .prompt: return try context.console.askSecret(key, option: "- or --value-file")
    case .standardInput:
      return SettingSource.line(try SecretFile.readStandardInput(limit: SettingSource.sizeLimit))
    case .file(let path):
      if KnownSetting.secrecy(of: key) != .open {
        try context.console.warnIfExposed(path, holding: "a secret")
      }
      return SettingSource.line(try SecretFile.read(path, limit: SettingSource.sizeLimit))
    }
  }

  /// The text without a byte order mark and without the line end that editors and `echo` add.
  private static func line(_ text: consuming SecretBytes) -> SecretBytes {
    text.withBytes { SecretBytes(copying: $0.extracting($0.withoutMarkAndLineEnd)) }
  }
}
