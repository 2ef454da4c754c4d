// The input is a setting's name, a new value and a node config, with lines of `====` between them; a config alone gets a name
// and a value.
//
// Oracle: what octokey reads is what a slow reader of XML reads. After an edit both read the new value and otherwise the same
// settings, and beside the element of the setting every byte is the same; inside it comments, instructions and elements are. An
// edit that is accepted never fails its own check. A value that is set again changes nothing.

@testable import Native
@testable import OctopusKeys

enum NodeConfigFuzzer: Fuzzer {
  private typealias Pair = (key: String, value: String?)

  static func work(_ input: [UInt8]) {
    guard let config = try? NodeConfig(contents: input, path: "/c") else { return }
    _ = config.entries
    _ = try? config.setting("Octopus.Home", to: "/new")
    _ = try? config.removing("Octopus.Home")
  }

  /// The elements of the root again and again.
  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    let file = parts(input, 3)[2] ?? []
    let root = Array("<octopus-settings>".utf8)
    let end = Array("</octopus-settings>".utf8)
    guard let start = file.firstRange(of: root)?.upperBound,
      let last = file[start...].firstRange(of: end)?.lowerBound
    else { return repeated(file, to: size) }
    return file[..<start] + repeated(Array(file[start..<last]), to: size) + file[last...]
  }

  static func check(_ input: [UInt8]) throws {
    let split = parts(input, 3)
    let key = split[0].map(text) ?? "Octopus.Storage.MasterKey"
    let value = split[1].map(text) ?? "a <new> & \"better\" 'value' ]]> \u{1}\u{1F511}\n"
    do throws(ConfigError) {
      try check(split[2] ?? [], key, value)
    } catch {
      switch error {
      case .malformed, .forbidden, .wrongRoot: return
      default: fail("\(error)")
      }
    }
  }

  private static func check(_ file: [UInt8], _ key: String, _ value: String) throws(ConfigError) {
    let config = try NodeConfig(contents: file, path: "/c")
    let before = narrow(file)
    let reference = ConfigReference(before)
    let pairs = config.settings.map { Pair($0.key, $0.value) }
    requireReads(reference, pairs, "the config")
    let place = config.settings.lastIndex { NodeConfig.isSame($0.key, key) }
    let new = value.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? nil : value

    let edited = try config.setting(key, to: value)
    let after = try NodeConfig(contents: edited, path: "/c")
    var expected = pairs
    if let place {
      expected[place].value = new
    } else {
      let inserted = after.settings.firstIndex { same($0.key, key) } ?? 0
      expected.insert((key, new), at: inserted)
    }
    require(equal(after.settings.map { Pair($0.key, $0.value) }, expected), "octokey reads others")
    let result = narrow(edited)
    let readAgain = ConfigReference(result)
    if reference != nil { requireReads(readAgain, expected, "the edited config") }
    requireKept(before, result, reference, readAgain, place)
    require(try after.setting(key, to: value) == edited, "set again, it changes")
    if let place, let old = pairs[place].value {
      require(try config.setting(key, to: old) == file, "the same value changes the file")
    }
    try checkRemoval(of: key, from: config, file)
  }

  private static func checkRemoval(
    of key: String, from config: NodeConfig, _ file: [UInt8]
  ) throws(ConfigError) {
    let removed = try config.removing(key)
    let left = config.settings.filter { !NodeConfig.isSame($0.key, key) }
      .map { Pair($0.key, $0.value) }
    let before = narrow(file)
    guard let reference = ConfigReference(before) else { return }
    requireReads(ConfigReference(narrow(removed)), left, "the config without it")
    var rest = before
    for setting in reference.settings.reversed() where NodeConfig.isSame(setting.key, key) {
      rest.removeSubrange(setting.range)
    }
    require(
      rest.filter { !ConfigReference.isBlank($0) }
        == narrow(removed).filter { !ConfigReference.isBlank($0) },
      "more is removed than the setting and blanks")
  }

  private static func requireReads(
    _ reference: ConfigReference?, _ pairs: [Pair], _ what: String
  ) {
    guard let reference else { return }
    let found = reference.settings.map { Pair($0.key, $0.value) }
    require(equal(found, pairs), "of \(what) the slow reader reads \(found), and not \(pairs)")
  }

  /// Nothing is changed beside the element of the setting, nor the markup in it.
  private static func requireKept(
    _ before: [UInt8], _ after: [UInt8], _ old: ConfigReference?, _ new: ConfigReference?,
    _ place: Int?
  ) {
    if let place {
      guard let old = old?.settings[place], let new = new?.settings[place] else { return }
      require(
        before[..<old.range.lowerBound] == after[..<new.range.lowerBound]
          && before[old.range.upperBound...] == after[new.range.upperBound...],
        "something is changed beside the setting")
      require(old.markup == new.markup, "the markup in the setting is changed")
    } else if old?.rootIsEmpty == false {
      let front = zip(before, after).prefix { $0 == $1 }.count
      let back = zip(before.reversed(), after.reversed()).prefix { $0 == $1 }.count
      require(front + back >= before.count, "an insertion changes what is there")
    }
  }

  private static func same(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8)
  }

  private static func equal(_ one: [Pair], _ other: [Pair]) -> Bool {
    one.count == other.count
      && zip(one, other).allSatisfy { one, other in
        same(one.key, other.key) && (one.value == nil) == (other.value == nil)
          && same(one.value ?? "", other.value ?? "")
      }
  }

  /// The text in UTF-8, without a mark, through the standard library.
  private static func narrow(_ file: [UInt8]) -> [UInt8] {
    guard file.count >= 2, [[0xFF, 0xFE], [0xFE, 0xFF]].contains(Array(file.prefix(2))) else {
      return file
    }
    let high = file[0] == 0xFF ? 1 : 0
    let units = stride(from: 2, to: file.count - 1, by: 2).map { (index: Int) -> UInt16 in
      UInt16(file[index + high]) * 256 + UInt16(file[index + 1 - high])
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}
