// Secrets in JSON. An encoder knows strings only, and those cannot be wiped: it gets a mark for each secret, and the text is
// printed with the secret in the place of the mark.

import Native
import OctopusKeys

struct SecretMarks {
  /// Random, so that no value can be taken for a mark.
  private let nonce =
    "octokey-secret-\(String(UInt64.random(in: .min ... .max), radix: 16))-\(String(UInt64.random(in: .min ... .max), radix: 16))-"
  private var entries: [NodeConfig.Entry] = []

  /// What stands for the secret of `entry`.
  mutating func mark(_ entry: NodeConfig.Entry) -> String {
    entries.append(entry)
    return "\(nonce)\(entries.count - 1)."
  }

  /// The text without its marks: what is before the first one, and for each mark its entry and the text up to the next.
  func pieces(
    of text: String
  ) -> (before: String, rest: [(entry: NodeConfig.Entry, after: String)]) {
    let parts = text.split(separator: nonce, omittingEmptySubsequences: false)
    let rest = parts.dropFirst().map { part in
      let number = part.prefix { $0 != "." }
      guard let index = Int(number), entries.indices.contains(index) else {
        preconditionFailure("a mark without its entry")
      }
      return (entry: entries[index], after: String(part.dropFirst(number.count + 1)))
    }
    return (String(parts[0]), rest)
  }
}

/// A secret as the contents of a JSON string.
func escapedForJSON(_ secret: borrowing SecretBytes) -> SecretBytes {
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
