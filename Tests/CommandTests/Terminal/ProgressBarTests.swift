// The progress line: its text, and when it is drawn.

import Foundation
import Native
import Synchronization
import Testing

@testable import octokey

@Suite struct ProgressBarTests {
  @Test func aWideTerminalShowsEverything() {
    let line = ProgressBar.line(
      label: "reading", done: 5000, total: 10000, elapsed: .seconds(2), width: 100)
    #expect(
      line == "reading  [" + String(repeating: "#", count: 15)
        + String(repeating: "-", count: 15) + "]  5000/10000 documents  50%  2500/s  0:02 left")
  }

  @Test(arguments: 0...120)
  func theLastColumnStaysFree(width: Int) {
    for total in [nil, 0, 1, 10_533, Int.max] {
      for done in [0, 1, 10_533, Int.max] {
        let line = ProgressBar.line(
          label: "re-encrypting", done: done, total: total, elapsed: .seconds(100), width: width)
        #expect(line.count <= max(0, width - 1))
        #expect(line.hasPrefix("re-encrypting".prefix(max(0, width - 1))))
      }
    }
  }

  @Test func aNarrowTerminalDropsTheLeastFirst() {
    func line(_ width: Int) -> String {
      ProgressBar.line(
        label: "reading", done: 50, total: 100, elapsed: .seconds(5), width: width)
    }
    #expect(line(60).hasSuffix("50/100 documents  50%  10/s  0:05 left"))
    #expect(line(45) == "reading  50/100 documents  50%  10/s")
    #expect(line(36) == "reading  50/100 documents  50%")
    #expect(line(26) == "reading  50/100 documents")
  }

  @Test func nothingToDoIsDone() {
    let line = ProgressBar.line(label: "reading", done: 0, total: 0, elapsed: .zero, width: 80)
    #expect(line.contains("0/0 documents  100%"))
    #expect(!line.contains("/s"))
  }

  @Test func anUnknownTotalShowsCountAndRate() {
    let line = ProgressBar.line(
      label: "reading", done: 300, total: nil, elapsed: .seconds(3), width: 80)
    #expect(line == "reading  300 documents  100/s")
  }

  @Test func aClockThatStandsStillHasNoRate() {
    let line = ProgressBar.line(label: "reading", done: 9, total: 10, elapsed: .zero, width: 80)
    #expect(line.contains("9/10 documents  90%"))
    #expect(!line.contains("/s"))
    #expect(!line.contains("left"))
  }

  @Test func moreThanAllIsAll() {
    let line = ProgressBar.line(
      label: "reading", done: 12, total: 10, elapsed: .seconds(1), width: 80)
    #expect(line.contains("12/10 documents  100%"))
    #expect(!line.contains("left"))
  }

  @Test func aLongTimeIsShownInHours() {
    let line = ProgressBar.line(
      label: "reading", done: 10, total: 73_250, elapsed: .seconds(1), width: 100)
    #expect(line.hasSuffix("2:02:04 left"))
  }

  /// A real terminal, and a clock that the test sets.
  @Test(arguments: [false, true])
  func itIsDrawnTenTimesASecondAndCleared(quiet: Bool) throws {
    let terminal = try PseudoTerminal()
    let time = Mutex(Duration.zero)
    let console = Console(
      quiet: quiet, mayAsk: false, errors: ByteOutput(descriptor: terminal.descriptor))
    let clock = Clock(now: { Date(timeIntervalSince1970: 0) }, uptime: { time.withLock { $0 } })
    let bar = ProgressBar(
      "reading",
      Context(
        command: "verify", console: console, clock: clock, environment: [:],
        workingDirectory: .success("/")))
    for step in 1...1000 {
      time.withLock { $0 = .milliseconds(step) }
      bar.update(done: step, total: 1000)
    }
    bar.finish()
    let seen = terminal.everythingSeen()
    if quiet {
      #expect(seen.isEmpty)
    } else {
      #expect(seen.components(separatedBy: "reading").count - 1 == 10)
      #expect(seen.hasSuffix("\r\u{1b}[K"))
    }
  }

  @Test func aMessageTakesThePlaceOfTheBar() throws {
    let terminal = try PseudoTerminal()
    let console = Console(
      quiet: false, mayAsk: false, errors: ByteOutput(descriptor: terminal.descriptor))
    console.showProgress("reading\u{1b}[2J")
    console.warning("look here")
    console.clearProgress()
    #expect(
      terminal.everythingSeen()
        == "\rreading\\u{1b}[2J\u{1b}[K\r\u{1b}[Koctokey: warning: look here\r\n")
  }

  @Test func aFileShowsNoProgress() {
    let pipe = Pipe()
    let console = Console(
      quiet: false, mayAsk: false,
      errors: ByteOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor))
    #expect(!console.showsProgress)
    console.showProgress("reading")
    console.clearProgress()
    try? pipe.fileHandleForWriting.close()
    #expect(pipe.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }
}

/// A terminal without a user.
final class PseudoTerminal {
  private let master: Int32
  let descriptor: Int32

  struct Unavailable: Error {}

  init() throws {
    var (master, terminal): (Int32, Int32) = (-1, -1)
    guard openpty(&master, &terminal, nil, nil, nil) == 0 else { throw Unavailable() }
    self.master = master
    descriptor = terminal
  }

  deinit {
    close(descriptor)
    close(master)
  }

  /// The output so far.
  func everythingSeen() -> String {
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    var seen: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(master, &buffer, buffer.count)
      if count <= 0 { return String(decoding: seen, as: UTF8.self) }
      seen += buffer[..<count]
    }
  }
}
