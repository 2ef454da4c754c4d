// What Tests/Servers/oracle.py says about the values of a store after a rotation, and whether an exit code fits it.

import Outside
import Testing

struct Verdict: CustomStringConvertible {
  let values: Int
  /// How many say what they said before, under the key from before and under that of the config.
  let old: Int
  let config: Int
  let missing: Int
  let more: Int
  let configHoldsOldKey: Bool

  /// - Parameter lines: the oracle's, for an expectation and the keys `old` and `config`.
  init(oracle lines: String) throws {
    var words: [Substring: [Substring]] = [:]
    for line in lines.split(separator: "\n") {
      let parts = line.split(separator: " ")
      words[parts[0]] = Array(parts.dropFirst())
    }
    func count(_ name: Substring) throws -> Int {
      try #require(words[name]?.first.flatMap { Int($0) }, "\(lines)")
    }
    values = try count("values")
    (old, config) = (try count("old"), try count("config"))
    (missing, more) = (try count("missing"), try count("more"))
    configHoldsOldKey = try #require(words["old"]?.last) == #require(words["config"]?.last)
  }

  var description: String {
    "of \(values) values \(old) under the old key and \(config) under the config's, "
      + "\(missing) missing, \(more) more, the config holds the \(configHoldsOldKey ? "old" : "new") key"
  }
  /// Whether every value decrypts with the key of the config, and none is missing.
  var isWhole: Bool { values > 0 && config == values && missing == 0 && more == 0 }
  var isUntouched: Bool { isWhole && configHoldsOldKey }

  /// What is wrong after a rotation that ended in some way, and after the recovery if one is needed; nil if the
  /// exit code is true.
  func fault(
    after ending: Ending, journals: () throws -> [String],
    recover: () async throws -> (Ending, Verdict)
  ) async throws -> String? {
    let left = try journals()
    let found = "exit \(ending.status), \(self), \(left.count) journals: \(ending.stderr)"
    switch ending.status {
    case 0: return isWhole && !configHoldsOldKey && left.isEmpty ? nil : found
    case 1: return isUntouched && left.isEmpty ? nil : found
    case 3:
      guard !left.isEmpty else { return found }
      let (recovered, after) = try await recover()
      let isWhole = try recovered.status == 0 && after.isWhole && journals().isEmpty
      return isWhole
        ? nil : found + "; recover: exit \(recovered.status), \(after): \(recovered.stderr)"
    default: return found
    }
  }
}
