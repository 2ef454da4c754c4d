// The one spelling of times in file names and texts: UTC, to the second.

package import FoundationEssentials

/// Times as octokey writes them.
package enum TimeStamp {
  /// `20261123T101500Z`, which sorts by time and needs no quotes in a shell.
  package static func forFileName(_ date: Date) -> String {
    forText(date).filter { $0 != "-" && $0 != ":" }
  }

  /// `2026-11-23T10:15:00Z` (ISO 8601).
  package static func forText(_ date: Date) -> String { date.formatted(.iso8601) }
}
