// How much memory this process takes.

internal import Glibc

/// The memory of this process.
package enum ProcessMemory {
  /// The most bytes that were ever resident at once.
  package static func peak() -> Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
