// All settings of a config as they stand in the file.

internal import Native

extension NodeConfig {
  package struct Entry: Sendable, Equatable {
    /// The name as it is spelt there.
    package let key: String
    /// The decoded text; nil if there is none, or only white space.
    package let value: String?
    /// The line of the element, from 1.
    package let line: Int
    /// Whether it is the one that the server reads: false if the same key comes again below.
    package let counts: Bool

    /// Whether the value is protected by the machine key, or should be.
    var isProtected: Bool {
      MachineKeys.saysProtected(value ?? "") || KnownSetting.secrecy(of: key) == .protected
    }
  }

  /// All settings in the order of the file, duplicates included.
  package var entries: [Entry] {
    var line = 1
    var position = 0
    var below = Set<[UInt32]>()
    let counts = settings.reversed().map { below.insert(NodeConfig.folded($0.key)).inserted }
    return zip(settings, counts.reversed()).map { setting, counts in
      let start = setting.element.startTag.lowerBound
      line += NodeConfig.lineEnds(in: text[position..<start])
      position = start
      return Entry(key: setting.key, value: setting.value, line: line, counts: counts)
    }
  }

  /// Line ends as people count them: LF, CRLF, or a CR alone.
  private static func lineEnds(in text: ArraySlice<UInt8>) -> Int {
    text.indices.count { index in
      text[index] == 0x0A
        || text[index] == 0x0D && (index + 1 == text.endIndex || text[index + 1] != 0x0A)
    }
  }
}
