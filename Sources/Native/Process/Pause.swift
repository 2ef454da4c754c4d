// Waiting where there is nothing but polling.

internal import Glibc

package enum Pause {
  package static func short() { usleep(100_000) }
}
