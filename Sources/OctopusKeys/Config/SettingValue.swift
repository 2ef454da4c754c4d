// Whether a value is of its setting's type. What is said of it never repeats the value.

import FoundationEssentials

extension KnownSetting {
  package enum WrongType: String, Sendable {
    case boolean, number, port, listenPrefixes, json, connectionString
  }

  /// What a plain value of this setting should have been; nil if it is that.
  package func fault(in value: String) -> WrongType? {
    switch kind {
    case .text, .masterKey: nil
    case .boolean:
      // .NET's parser takes any letter case, and blanks around it.
      ["true", "false"].contains(value.trimmingBlanks.lowercased()) ? nil : .boolean
    case .number(let range):
      Int(value.trimmingBlanks).map(range.contains) == true ? nil : .number
    case .port: KnownSetting.isPort(value.trimmingBlanks) ? nil : .port
    case .listenPrefixes: KnownSetting.areListenPrefixes(value) ? nil : .listenPrefixes
    case .connectionString:
      KnownSetting.isConnectionString(value) ? nil : .connectionString
    case .json:
      (try? JSONDecoder().decode(AnyJSON.self, from: Data(value.utf8))) == nil ? .json : nil
    }
  }

  private static func isPort(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) }
      && Int(text).map((1...65535).contains) == true
  }

  private static func areListenPrefixes(_ value: String) -> Bool {
    let prefixes = value.split { $0 == "," || $0 == ";" }.map { String($0).trimmingBlanks }
    return !prefixes.isEmpty && prefixes.allSatisfy(isListenPrefix)
  }

  /// `http://` or `https://`, a name, an address in brackets or not, `+` or `*`, and perhaps a port
  /// and a path.
  private static func isListenPrefix(_ text: String) -> Bool {
    let scheme = ["http://", "https://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme else { return false }
    var rest = text.dropFirst(scheme.count).prefix { $0 != "/" }
    guard !rest.isEmpty, !rest.contains(where: { $0.isWhitespace || "?#@".contains($0) }) else {
      return false
    }
    if rest.first == "[" {
      guard let bracket = rest.firstIndex(of: "]") else { return false }
      rest = rest[rest.index(after: bracket)...]
      return rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst())
    }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    return !parts[0].isEmpty && (parts.count == 1 || parts.count == 2 && isPort(parts[1]))
  }

  /// Either a place of ours (`sqlite:PATH`) or `keyword=value` with semicolons between.
  private static func isConnectionString(_ value: String) -> Bool {
    let text = value.trimmingBlanks
    let kinds = ["sqlite:", "directory:", "sqlserver:"]
    if let kind = kinds.first(where: { text.lowercased().hasPrefix($0) }) {
      return text.utf8.count > kind.utf8.count
    }
    guard let equals = text.firstIndex(of: "=") else { return false }
    return !text[..<equals].allSatisfy(\.isWhitespace) && !text[..<equals].contains(";")
  }

  /// Any JSON text at all: the parser has judged it before this is asked for.
  private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) {}
  }
}

extension StringProtocol {
  var trimmingBlanks: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
