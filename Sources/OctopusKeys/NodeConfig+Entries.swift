// All settings of a config as they stand in the file.

internal import Native

extension NodeConfig {
  /// One setting as it stands in the file.
  public struct Entry: Sendable, Equatable {
    /// The name as it is spelt there.
    public let key: String
    /// The decoded text; nil if there is none, or only white space.
    public let value: String?
    /// The line of the element, from 1.
    public let line: Int
  }

  /// All settings in the order of the file, duplicates included.
  public var entries: [Entry] {
    var line = 1
    var position = 0
    return settings.map { setting in
      let start = setting.element.startTag.lowerBound
      line += text[position..<start].count { $0 == UInt8(ascii: "\n") }
      position = start
      return Entry(key: setting.key, value: setting.value, line: line)
    }
  }

  /// The bytes of the file without `key`, however often it is there; with the line end and the
  /// indentation before each of them.
  ///
  /// - Throws: `KeysError.configEditFailed` if the result does not read as it must.
  public func removing(_ key: String) throws(KeysError) -> [UInt8] {
    var edited = text
    for setting in settings.reversed() where NodeConfig.isSame(setting.key, key) {
      var start = setting.element.startTag.lowerBound
      while start > 0, edited[start - 1] == 0x20 || edited[start - 1] == 0x09 { start -= 1 }
      if start > 0, edited[start - 1] == 0x0A {
        start -= 1
        if start > 0, edited[start - 1] == 0x0D { start -= 1 }
      } else {
        // Something else stands on the line.
        start = setting.element.startTag.lowerBound
      }
      edited.removeSubrange(start..<setting.element.end)
    }
    let contents = try encoded(edited)
    let after = try NodeConfig(contents: contents, path: path).settings
    let expected = settings.filter { !NodeConfig.isSame($0.key, key) }
    guard after.count == expected.count,
      zip(after, expected).allSatisfy({ $0.key == $1.key && $0.value == $1.value })
    else { throw .configEditFailed(path: path) }
    return contents
  }
}
