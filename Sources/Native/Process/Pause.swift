// Waiting for something that tells nobody when it happens.

internal import Glibc

/// A pause between two looks at the same thing.
package enum Pause {
  /// Waits for a tenth of a second.
  package static func short() { usleep(100_000) }
}
