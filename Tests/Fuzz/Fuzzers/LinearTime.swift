// The guard that octokey's readers take linear time, whatever the input is.

import Glibc

enum LinearTime {
  /// The size of a large input, in bytes: what takes quadratic time is then sure to be noticed.
  private static let large = 16 << 10
  /// Seconds for each byte. Generous: without optimisation, under AddressSanitizer, a reader that goes ten times through a
  /// text takes about that.
  private static let perByte = 3e-6
  /// For what does not hang on the size: the first use of a library.
  private static let always = 0.03
  /// No reader is this slow, whatever it does with a byte.
  private static let perByteAtMost = 200e-6

  /// Fails if the work on the input as it is takes too much time of the processor.
  static func require(of fuzzer: any Fuzzer.Type, _ input: [UInt8]) {
    let bound = 0.2 + perByteAtMost * Double(input.count)
    let time = time(of: fuzzer, input, enoughIf: bound)
    if time > bound { fail("\(input.count) bytes take \(time) s, and not at most \(bound) s") }
  }

  /// The same with a large input like this one. How fast the machine is does not matter: where it takes long, four times
  /// the input has to take about four times as long; in quadratic time it is sixteen.
  static func requireEnlarged(of fuzzer: any Fuzzer.Type, _ input: [UInt8]) {
    let whole = fuzzer.enlarged(input, to: large)
    let bound = always + perByte * Double(whole.count)
    let time = time(of: fuzzer, whole, enoughIf: bound)
    guard time > bound else { return }
    if time > always + perByteAtMost * Double(whole.count) {
      fail("\(whole.count) bytes like these take \(time) s")
    }
    let huge = fuzzer.enlarged(input, to: 4 * large)
    let enough = time * 2 * Double(huge.count) / Double(max(1, whole.count))
    let timeOfHuge = self.time(of: fuzzer, huge, enoughIf: enough)
    if timeOfHuge > enough {
      fail(
        "\(whole.count) bytes like these take \(time) s, and \(huge.count) bytes \(timeOfHuge) s")
    }
  }

  /// The least of three measurements, or the first that is small enough: what else the machine does hardly matters, but a page
  /// fault may.
  private static func time(
    of fuzzer: any Fuzzer.Type, _ input: [UInt8], enoughIf bound: Double
  ) -> Double {
    var best = Double.infinity
    for _ in 0..<3 where best > bound {
      let start = now()
      fuzzer.work(input)
      best = min(best, now() - start)
    }
    return best
  }

  /// The time that this thread has had the processor, in seconds.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
