// How much memory this process uses, and what it gives back.

internal import CLinux
internal import Glibc

package enum ProcessMemory {
  /// The largest resident size so far, in bytes.
  package static func peak() -> Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// From here on a block of this many bytes goes back to the system when it is freed. Left to itself, glibc keeps
  /// what long documents took, in pieces that fit nothing.
  package static func returnBlocks(from bytes: Int) {
    mallopt(M_MMAP_THRESHOLD, Int32(clamping: bytes))
  }
}
