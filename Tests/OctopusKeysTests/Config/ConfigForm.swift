// The forms that one and the same config text can have on disk, and what other people's parsers read
// in it.

import Foundation
import Outside

@testable import OctopusKeys

/// Encoding and line ends of a file.
struct ConfigForm: CaseIterable, Sendable {
  enum Encoding: CaseIterable {
    case utf8, utf8WithMark, utf16Little, utf16Big
  }

  enum LineEnd: String, CaseIterable {
    case lineFeed = "\n"
    case pair = "\r\n"
    case carriageReturn = "\r"
    case mixed
  }

  let lineEnd: LineEnd
  let encoding: Encoding

  static var allCases: [ConfigForm] {
    LineEnd.allCases.flatMap { lineEnd in
      Encoding.allCases.map { ConfigForm(lineEnd: lineEnd, encoding: $0) }
    }
  }

  /// The bytes before, in and after the marked place of a template, with `text` in that place.
  func parts(_ template: String, with text: String? = nil) -> [[UInt8]] {
    var parts = template.components(separatedBy: CharacterSet(charactersIn: "«»"))
    if let text { parts[1] = text }
    let mark: [UInt8] =
      switch encoding {
      case .utf8: []
      case .utf8WithMark: [0xEF, 0xBB, 0xBF]
      case .utf16Little: [0xFF, 0xFE]
      case .utf16Big: [0xFE, 0xFF]
      }
    let encoded = parts.map { encode(withLineEnds($0)) }
    return [mark + encoded[0], encoded[1], encoded[2]]
  }

  private func withLineEnds(_ text: String) -> String {
    let lines = text.components(separatedBy: "\n")
    guard lineEnd == .mixed else { return lines.joined(separator: lineEnd.rawValue) }
    return zip(lines, 0...).map { line, index in
      index == 0 ? line : ["\r\n", "\n", "\r"][index % 3] + line
    }.joined()
  }

  private func encode(_ text: String) -> [UInt8] {
    switch encoding {
    case .utf8, .utf8WithMark:
      Array(text.replacingOccurrences(of: "ENCODING", with: "utf-8").utf8)
    case .utf16Little, .utf16Big:
      text.replacingOccurrences(of: "ENCODING", with: "UTF-16").utf16.flatMap { unit in
        let (low, high) = (UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8))
        return encoding == .utf16Little ? [low, high] : [high, low]
      }
    }
  }
}

/// What python's xml.etree reads in many configs at once: keys and values, nil for a blank one. A file
/// that it cannot read is missing. With `xmllint`, libxml2's own program must find them well-formed.
func settingsForOthers(_ configs: [[UInt8]], xmllint: Bool = true) throws -> [Int: [[String?]]] {
  let folder = ScratchFolder()
  for (index, config) in configs.enumerated() { _ = folder.file("\(index).config", config) }
  let script = """
    import json, os, xml.etree.ElementTree as ET
    out = {}
    for name in os.listdir('.'):
        try: root = ET.parse(name).getroot()
        except Exception: continue
        settings = []
        for e in root.findall('set'):
            text = (e.text or '') + ''.join(c.tail or '' for c in e)
            settings.append([e.get('key', ''), text if text.strip() else None])
        out[name.split('.')[0]] = settings
    print(json.dumps(out))
    """
  let output = try Outside.run(["python3", "-c", script], directory: folder.path)
  if xmllint {
    let names = configs.indices.map { "\($0).config" }
    try Outside.run(["xmllint", "--noout", "--nonet"] + names, directory: folder.path)
  }
  let found = try JSONDecoder().decode([String: [[String?]]].self, from: Data(output))
  return Dictionary(uniqueKeysWithValues: found.map { (Int($0) ?? -1, $1) })
}
