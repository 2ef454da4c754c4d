// Waiting where there is nothing but polling.

internal import Glibc

/// A pause between two polls.
package enum Pause {
  /// Waits for a tenth of a second.
  package static func short() { usleep(100_000) }
}
