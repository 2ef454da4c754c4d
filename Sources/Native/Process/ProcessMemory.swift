// How much memory this process uses.

internal import Glibc

package enum ProcessMemory {
  /// The largest resident size so far, in bytes.
  package static func peak() -> Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
