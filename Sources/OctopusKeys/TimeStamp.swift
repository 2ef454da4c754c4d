// The one spelling of times in file names and texts: UTC, to the second.

public import FoundationEssentials

/// Times as octokey writes them.
public enum TimeStamp {
  /// `20261123T101500Z`, which sorts by time and needs no quotes in a shell.
  public static func forFileName(_ date: Date) -> String {
    forText(date).filter { $0 != "-" && $0 != ":" }
  }

  /// `2026-11-23T10:15:00Z` (ISO 8601).
  public static func forText(_ date: Date) -> String { date.formatted(.iso8601) }
}
