// One file of the vendor's register of instances, as the vendor's reader takes it (octopus-formats, sections 1.8
// and 8.2).

package import Native

package struct Instance: Equatable, Sendable {
  /// Empty where the record has none: the vendor's reader does not ask for one.
  package let name: String
  package let configPath: String

  package init(name: String, configPath: String) {
    self.name = name
    self.configPath = configPath
  }

  /// Reads the record at `path`.
  ///
  /// - Returns: nil for a folder, which is never a record.
  static func read(_ path: String) throws(BadInstanceRecord) -> Instance? {
    let contents: [UInt8]
    do throws(NativeError) {
      // A dangling link or a pipe could be the record that is meant.
      let kind = try FileStatus.read(path).kind
      if kind == .folder { return nil }
      guard kind == .regular else { throw .notAFile(path: path) }
      contents = try FileContents.read(path, limit: 1 << 20).bytes
    } catch {
      throw BadInstanceRecord(path: path, reason: .native(error))
    }
    do throws(BadInstanceRecord.Reason) {
      return try Instance(record: contents)
    } catch {
      throw BadInstanceRecord(path: path, reason: error)
    }
  }

  private init(record contents: [UInt8]) throws(BadInstanceRecord.Reason) {
    let text = Instance.decode(contents)
    let members: [LooseJSON.Member]
    do throws(JSONFault) {
      members = try LooseJSON.members(of: text)
    } catch {
      throw .malformed(line: 1 + text[..<error.offset].count { $0 == 0x0A })
    }
    name = try Instance.value(of: "Name", members) ?? ""
    guard let path = try Instance.value(of: "ConfigurationFilePath", members),
      !NodeConfig.isBlank(path)
    else { throw .withoutPath }
    configPath = path
  }

  /// The value of the last member with this name in any letter case.
  private static func value(
    of name: String, _ members: [LooseJSON.Member]
  ) throws(BadInstanceRecord.Reason) -> String? {
    var value: String?
    for member in members where NodeConfig.isSame(member.name, name) {
      switch member.value {
      case .text(let text): value = text
      case .null: value = nil
      case .objectOrArray: throw .notText
      }
    }
    return value
  }

  /// UTF-8, also where the file is UTF-16 with a byte order mark.
  private static func decode(_ contents: [UInt8]) -> [UInt8] {
    let order: UTF16Text.ByteOrder
    switch (contents.first, contents.dropFirst().first) {
    case (0xFF, 0xFE): order = .little
    case (0xFE, 0xFF): order = .big
    default: return contents
    }
    var text: [UInt8] = []
    return UTF16Text.decode(contents.span, order: order, appendingTo: &text) ? text : contents
  }
}

/// A file of the register of which it cannot be told which instance it describes.
package struct BadInstanceRecord: Error, Equatable {
  package enum Reason: Error, Equatable {
    case native(NativeError)
    /// It is not one JSON object: that ends in this line.
    case malformed(line: Int)
    /// Name or path is an object or an array.
    case notText
    /// It does not say where the config is.
    case withoutPath
  }

  package let path: String
  package let reason: Reason

  package init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }
}
