// Durations in the units that C libraries take.

extension Duration {
  /// Whole milliseconds, rounded up: some engines take 0 for "wait indefinitely".
  package var milliseconds: Int64 { rounded(to: 1_000) }

  /// Whole seconds, rounded up.
  package var seconds: Int64 { rounded(to: 1) }

  private func rounded(to unitsPerSecond: Int64) -> Int64 {
    let (seconds, attoseconds) = components
    let unit = 1_000_000_000_000_000_000 / unitsPerSecond
    return seconds * unitsPerSecond + (attoseconds + unit - 1) / unit
  }
}
