// The guard that octokey's readers take linear time, whatever the input is.

import Glibc

enum LinearTime {
  /// Generous: without optimisation and under AddressSanitizer a reader that goes ten times through a text takes a third of it.
  private static let perByte = 10e-6
  /// For what does not hang on the size: the first use of a library, opening a database.
  private static let always = 0.1

  /// Fails if the work on the input takes too much time of the processor, even again: what else the machine does hardly
  /// matters, but a page fault may.
  static func require(of fuzzer: any Fuzzer.Type, _ input: [UInt8]) {
    let bound = always + perByte * Double(input.count)
    var best = Double.infinity
    for _ in 0..<3 {
      let start = seconds()
      fuzzer.work(input)
      best = min(best, seconds() - start)
      if best <= bound { return }
    }
    fail("\(input.count) bytes take \(best) s, and not at most \(bound) s")
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
