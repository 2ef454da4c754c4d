// Settings on standard output. A revealed secret goes straight from its own memory to the descriptor,
// which is why JSON is written piece by piece here.

import FoundationEssentials
import Native
import OctopusKeys

struct SettingPrinter {
  let console: Console
  /// The keys that decrypt protected settings; nil to mask secrets.
  let machineKeys: MachineKeys?

  func isMasked(_ entry: NodeConfig.Entry) -> Bool {
    guard let value = entry.value, machineKeys == nil else { return false }
    return SettingMask.shown(value, of: entry.key) != value
  }

  /// False if the value was to be revealed and cannot be decrypted.
  func canReveal(_ entry: NodeConfig.Entry) throws -> Bool {
    guard let machineKeys, let value = entry.value, isProtected(entry) else { return true }
    return try machineKeys.open(value, of: entry.key) != nil
  }

  func print(valueOf entry: NodeConfig.Entry) throws {
    if try printSecret(of: entry, before: "", after: "\n", escaped: false) { return }
    console.print(value: shown(entry) ?? "")
  }

  /// Prints `Key = value` between two texts, such as a colour's begin and end.
  func print(line entry: NodeConfig.Entry, before: String = "", after: String = "") throws {
    let start = "\(before)\(entry.key.escaped) ="
    let end = after + "\n"
    if try printSecret(of: entry, before: start + " ", after: end, escaped: false) { return }
    console.print(raw: start + (shown(entry).map { " " + $0.escaped } ?? "") + end)
  }

  /// Prints an object with `key`, `line`, `overridden`, `protected`, `masked` and `value`.
  func print(
    json entry: NodeConfig.Entry, overridden: Bool, indentation: String, end: String
  ) throws {
    let fields = [
      "\"key\" : \(try SettingPrinter.json(entry.key))", "\"line\" : \(entry.line)",
      "\"masked\" : \(isMasked(entry))", "\"overridden\" : \(overridden)",
      "\"protected\" : \(isProtected(entry))", "\"value\" : ",
    ]
    let head = fields.map { "\(indentation)  \($0)" }.joined(separator: ",\n")
    try print(
      jsonValueOf: entry, before: "\(indentation){\n\(head)", after: "\n\(indentation)}\(end)")
  }

  /// Prints the value as a JSON string between two texts; `null` if there is none.
  func print(jsonValueOf entry: NodeConfig.Entry?, before: String, after: String) throws {
    guard let entry else { return console.print(raw: before + "null" + after) }
    let isDone = try printSecret(
      of: entry, before: before + "\"", after: "\"" + after, escaped: true)
    if isDone { return }
    let value = try shown(entry).map(SettingPrinter.json) ?? "null"
    console.print(raw: before + value + after)
  }

  static func json(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return String(decoding: try encoder.encode(text), as: UTF8.self).withUnprintablesAsJSON
  }

  func isProtected(_ entry: NodeConfig.Entry) -> Bool {
    SettingMask.secrecy(of: entry.value ?? "", of: entry.key) == .protected
  }

  /// The value, masked where it is secret; a protected one always is.
  private func shown(_ entry: NodeConfig.Entry) -> String? {
    guard let value = entry.value else { return nil }
    if machineKeys != nil, !isProtected(entry) { return value }
    return SettingMask.shown(value, of: entry.key)
  }

  /// Prints the plaintext of a protected setting, if it is to be revealed and decrypts.
  private func printSecret(
    of entry: NodeConfig.Entry, before: String, after: String, escaped: Bool
  ) throws -> Bool {
    guard let machineKeys, let value = entry.value, isProtected(entry),
      let opened = try machineKeys.open(value, of: entry.key)
    else { return false }
    if escaped {
      console.print(secret: escapedForJSON(opened.text), before: before, after: after)
    } else {
      console.print(secret: opened.text, before: before, after: after)
    }
    return true
  }
}

/// A secret as the contents of a JSON string.
private func escapedForJSON(_ secret: borrowing SecretBytes) -> SecretBytes {
  secret.withBytes { bytes in
    // At worst every byte becomes \u00XX.
    var result = SecretBytes(count: bytes.count * 6)
    let count = result.withMutableBytes { target in
      var end = 0
      func put(_ text: some Sequence<UInt8>, _ target: inout MutableSpan<UInt8>) {
        for byte in text {
          target[end] = byte
          end += 1
        }
      }
      for index in bytes.indices {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): put([UInt8(ascii: "\\"), byte], &target)
        case 0..<0x20:
          let digits = Array("0123456789abcdef".utf8)
          put("\\u00".utf8, &target)
          put([digits[Int(byte >> 4)], digits[Int(byte & 15)]], &target)
        default: put(CollectionOfOne(byte), &target)
        }
      }
      return end
    }
    return result.prefix(count)
  }
}
