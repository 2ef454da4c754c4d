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
    let encoded = parts.map { part in
      encode(
        withLineEnds(part).replacingOccurrences(of: "␊", with: "\n")
          .replacingOccurrences(of: "␍", with: "\r"))
    }
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

/// What expat reads in many configs at once, by the server's rules: keys and values, nil for a blank one.
/// A file that it cannot read is missing. With `xmllint`, libxml2's own program must find them well-formed.
///
/// Line ends are LF in what is returned: expat, unlike the server, takes a CR for one.
func settingsForOthers(_ configs: [[UInt8]], xmllint: Bool = true) throws -> [Int: [[String?]]] {
  let folder = ScratchFolder()
  for (index, config) in configs.enumerated() { _ = folder.file("\(index).config", config) }
  let script = """
    import json, os
    \(pythonReader)
    out = {}
    for name in os.listdir('.'):
        try: out[name.split('.')[0]] = settings(open(name, 'rb').read())
        except Exception: continue
    print(json.dumps(out))
    """
  let output = try Outside.run(["python3", "-c", script], directory: folder.path)
  if xmllint {
    let names = configs.indices.filter {
      !Outside.text(configs[$0].filter { $0 != 0 }).contains(
        /&#(x0*(\d|1?[A-F]|FFFE)|\d|[12]\d|3[01]);/)
    }.map { "\($0).config" }
    try Outside.run(["xmllint", "--noout", "--nonet"] + names, directory: folder.path)
  }
  let found = try JSONDecoder().decode([String: [[String?]]].self, from: Data(output))
  return Dictionary(uniqueKeysWithValues: found.map { (Int($0) ?? -1, $1) })
}

/// `settings(data)` in Python: what expat reads in a config. Of a text that is split by other markup the
/// last piece counts that is not white space alone; references to control characters are passed to expat
/// as characters of plane 15.
let pythonReader = #"""
  import re
  from xml.parsers import expat
  def settings(data):
      text = data.decode('utf-16' if data[:2] in (b'\xff\xfe', b'\xfe\xff') else 'utf-8-sig')
      text = re.sub(r'^<\?xml[^>]*\?>', '', text)
      def hide(match):
          number = int('0' + match[1], 16) if match[1][0] == 'x' else int(match[1])
          isControl = number < 32 and number not in (9, 10, 13) or number in (0xFFFE, 0xFFFF)
          return f'&#{0xF0000 + number};' if isControl else match[0]
      text = re.sub('&#(x[0-9a-fA-F]+|[0-9]+);', hide, text)
      def shown(text): return re.sub('[\U000F0000-\U000FFFFF]', lambda c: chr(ord(c[0]) - 0xF0000), text)
      depth, inCDATA, found, pieces = [0], [False], [], []
      def start(name, attributes):
          depth[0] += 1
          if depth[0] == 2:
              pieces[:] = [[]]
              if name == 'set': found.append([shown(attributes.get('key', '')), None])
          elif depth[0] == 3: pieces.append([])
      def end(name):
          if depth[0] == 2 and name == 'set':
              while pieces:
                  last = pieces.pop()
                  while last and not last[0][0] and not last[0][1].strip(' \t\r\n'): last.pop(0)
                  if last: break
              value = shown(''.join(part for _, part in last))
              found[-1][1] = value if value.strip() else None
          elif depth[0] == 3: pieces.append([])
          depth[0] -= 1
      def characters(text):
          if depth[0] == 2:
              if not pieces[-1] or pieces[-1][-1][0] or inCDATA[0] != pieces[-1][-1][0]:
                  pieces[-1].append([inCDATA[0], ''])
              pieces[-1][-1][1] += text
      def split(*_):
          if depth[0] == 2: pieces.append([])
      def cdata():
          inCDATA[0] = True
          if depth[0] == 2: pieces[-1].append([True, ''])
      def endCDATA():
          inCDATA[0] = False
          if depth[0] == 2: pieces[-1].append([False, ''])
      parser = expat.ParserCreate(namespace_separator=' ')
      parser.buffer_text = True
      parser.StartElementHandler, parser.EndElementHandler = start, end
      parser.CharacterDataHandler = characters
      parser.CommentHandler = parser.ProcessingInstructionHandler = split
      parser.StartCdataSectionHandler, parser.EndCdataSectionHandler = cdata, endCDATA
      parser.Parse(text.encode('utf-8', 'surrogatepass'), True)
      return found
  """#

/// A value as readers have it that take every line end for LF.
func withLineFeeds(_ value: String?) -> String? {
  value?.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\r", with: "\n")
}
