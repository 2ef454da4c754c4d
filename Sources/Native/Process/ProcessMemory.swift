// How much memory this process uses, and what it gives back.

internal import CLinux
internal import Glibc

package enum ProcessMemory {
  /// The largest resident size so far, in bytes; nil if the system does not say. What getrusage counts may be that
  /// of the program that started this one.
  package static func peak() -> Int? {
    // Without /proc the report says that the size is unknown; nothing else depends on it.
    guard let file = try? Descriptor.open("/proc/self/status", O_RDONLY),
      let status = try? file.readAll(limit: 1 << 16)
    else { return nil }
    for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count == 3, words[0] == "VmHWM:", words[2] == "kB" else { continue }
      return Int(words[1]).map { $0 * 1024 }
    }
    return nil
  }

  /// From here on a block of this many bytes goes back to the system when it is freed. Left to itself, glibc keeps
  /// what long documents took, in pieces that fit nothing.
  package static func returnBlocks(from bytes: Int) {
    mallopt(M_MMAP_THRESHOLD, Int32(clamping: bytes))
  }
}
