// Waiting where there is nothing but polling.

internal import Glibc

package enum Pause {
  package static func short() { usleep(100_000) }

  /// For several processes that wait for the same.
  package static func outOfStep() { usleep(.random(in: 5_000...25_000)) }
}
