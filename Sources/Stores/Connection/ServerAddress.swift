// The server of an ADO.NET connection string: `[tcp:]host[\instance][,port]`.

internal import OctopusKeys

struct ServerAddress {
  private(set) var host: String
  private(set) var instance: String?
  private(set) var port: Int?
  private(set) var saysTCP = false

  /// SQL Server's own port, for a server without a port and without an instance.
  static let usualPort = 1433

  /// - Throws: `.badValue`, `.cannotHonour` or `.colonBeforePort`.
  init(_ text: String) throws(ConnectionFault) {
    let name = ConnectionKeyword.dataSource.rawValue
    let malformed = ConnectionFault.badValue(setting: name)
    var rest = Substring(text.trimmed)
    if rest.lowercased().hasPrefix("tcp:") {
      rest = rest.dropFirst(4)
      saysTCP = true
    }
    let folded = rest.lowercased()
    for prefix in ["np:", "lpc:", "admin:", "(localdb)", "\\\\"] where folded.hasPrefix(prefix) {
      throw .cannotHonour(setting: name, driver: nil)
    }
    let parts = rest.split(separator: ",", omittingEmptySubsequences: false)
    if parts.count > 1 {
      guard parts.count == 2, let port = Int(parts[1].trimmed), (1...65_535).contains(port)
      else { throw malformed }
      self.port = port
    }
    let names = parts[0].split(separator: "\\", omittingEmptySubsequences: false)
    host = names[0].trimmed
    if names.count > 1 {
      let instance = names[1].trimmed
      guard names.count == 2, !instance.isEmpty else { throw malformed }
      // MSSQLSERVER is the default instance. A port takes precedence over a name.
      if port == nil, instance.lowercased() != "mssqlserver" { self.instance = instance }
    }
    if [".", "(local)"].contains(host.lowercased()) { host = "localhost" }
    try readColons(malformed)
    guard !host.isEmpty else { throw malformed }
  }

  /// Colons are those of an IPv6 address, which the drivers want without brackets, or a mistake.
  private mutating func readColons(_ malformed: ConnectionFault) throws(ConnectionFault) {
    var rest = Substring(host)
    let isBracketed = rest.first == "["
    if isBracketed {
      guard let end = rest.firstIndex(of: "]") else { throw malformed }
      host = String(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
    }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      guard !isBracketed || rest.isEmpty else { throw malformed }
      return
    }
    guard Int(parts[1]) != nil else { throw malformed }
    throw .colonBeforePort(setting: ConnectionKeyword.dataSource.rawValue)
  }
}
