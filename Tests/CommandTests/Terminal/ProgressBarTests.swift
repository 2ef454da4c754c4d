// The progress line: its text, and when it is drawn.

import Foundation
import Native
import OctopusKeys
import Synchronization
import Testing

@testable import octokey

@Suite struct ProgressBarTests {
  private static func progress(
    _ done: Int, of total: Int?, _ phase: PassProgress.Phase = .survey, table: String? = nil
  ) -> PassProgress {
    PassProgress(
      phase: phase, done: done, total: total,
      collection: table.map { StoreCollection(name: $0, fields: []) })
  }

  private static func line(
    _ progress: PassProgress, _ elapsed: Duration = .seconds(2), width: Int
  ) -> String {
    ProgressBar.line(progress, elapsed: elapsed, width: width)
  }

  private typealias Tests = ProgressBarTests

  @Test func aWideTerminalShowsEverything() {
    let bar = "[" + String(repeating: "#", count: 12) + String(repeating: "-", count: 12) + "]"
    #expect(
      Tests.line(Tests.progress(5000, of: 10000, .rewrite, table: "Variable"), width: 110)
        == "rewrite  \(bar)  5000/10000 documents  50%  2500/s  0:02 left  Variable")
    #expect(
      Tests.line(Tests.progress(5000, of: 10000), width: 100).hasPrefix(
        "survey  [###############---------------]  5000/10000 documents"))
  }

  @Test(arguments: 0...120)
  func theLastColumnStaysFree(width: Int) {
    for table in [nil, "Variable", "\u{1b}[2J", "変数の表と変数の表"] {
      for total in [nil, 0, 1, 10_533, Int.max] {
        for done in [0, 1, 10_533, Int.max] {
          let line = Tests.line(
            Tests.progress(done, of: total, .rewrite, table: table), .seconds(100), width: width)
          // A letter of these takes two columns.
          let columns = line.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : 2) }
          #expect(columns <= max(0, width - 1) && line == line.escaped)
          #expect(line.hasPrefix("rewrite".prefix(max(0, width - 1))))
        }
      }
    }
  }

  @Test func aNarrowTerminalDropsTheLeastFirst() {
    func line(_ width: Int) -> String {
      Tests.line(Tests.progress(50, of: 100, table: "Variable"), .seconds(5), width: width)
    }
    #expect(line(80).hasPrefix("survey  [######------]  50/100 documents  50%  10/s"))
    #expect(line(80).hasSuffix("0:05 left  Variable"))
    #expect(line(58) == "survey  50/100 documents  50%  10/s  0:05 left  Variable")
    #expect(line(45) == "survey  50/100 documents  50%  10/s  Variabl")
    #expect(line(36) == "survey  50/100 documents  50%  10/s")
    #expect(line(31) == "survey  50/100 documents  50%")
    #expect(line(25) == "survey  50/100 documents")
  }

  /// It would jump from page to page.
  @Test func theBarHasOneLengthForAllTables() {
    let lengths = Set(
      ["V", "Variable", "DeploymentProcessSnapshot"].map { table in
        Tests.line(Tests.progress(5, of: 9, table: table), width: 80).prefix { $0 != "]" }.count
      })
    #expect(lengths.count == 1)
  }

  @Test func nothingToDoIsDone() {
    let line = Tests.line(Tests.progress(0, of: 0), .zero, width: 80)
    #expect(line.contains("0/0 documents  100%") && !line.contains("/s"))
  }

  @Test func aCommitCountsNothing() {
    #expect(Tests.line(Tests.progress(0, of: nil, .commit), width: 80) == "commit")
    #expect(
      ProgressBar.plainLine(Tests.progress(0, of: nil, .commit), elapsed: .zero) == "commit")
  }

  @Test func aClockThatStandsStillHasNoRate() {
    let line = Tests.line(Tests.progress(9, of: 10), .zero, width: 80)
    #expect(line.contains("9/10 documents  90%"))
    #expect(!line.contains("/s") && !line.contains("left"))
  }

  @Test func moreThanAllIsAll() {
    let line = Tests.line(Tests.progress(12, of: 10), width: 80)
    #expect(line.contains("12/10 documents  100%") && !line.contains("left"))
  }

  @Test func aLongTimeIsShownInHours() {
    #expect(
      Tests.line(Tests.progress(10, of: 73_250), .seconds(1), width: 100).hasSuffix("2:02:04 left"))
  }

  @Test func thePlainLine() {
    func line(_ progress: PassProgress) -> String {
      ProgressBar.plainLine(progress, elapsed: .seconds(4))
    }
    #expect(
      line(Tests.progress(10_000, of: 105_000, .rewrite, table: "Variable"))
        == "rewrite: 10000/105000 documents, 2500/s, 0:38 left (Variable)")
    #expect(line(Tests.progress(0, of: 9, .verify)) == "verify: 0/9 documents")
  }

  /// What a run shows that tells of a page each `step` milliseconds for `pages` pages, and of its commit then.
  private func seen(
    quiet: Bool, step: Int, pages: Int, _ errors: ByteOutput
  ) -> Console {
    let time = Mutex(Duration.zero)
    let console = Console(quiet: quiet, mayAsk: false, errors: errors)
    let clock = Clock(now: { Date(timeIntervalSince1970: 0) }, uptime: { time.withLock { $0 } })
    let bar = ProgressBar(
      Context(
        command: "verify", console: console, clock: clock, environment: [:],
        workingDirectory: .success("/")))
    for page in 1...pages {
      time.withLock { $0 += .milliseconds(step) }
      bar.update(Tests.progress(page, of: pages, page * 2 > pages ? .rewrite : .survey, table: "T"))
    }
    bar.update(Tests.progress(0, of: nil, .commit))
    return console
  }

  /// A real terminal, and a clock that the test sets.
  @Test(arguments: [false, true])
  func itIsDrawnTenTimesASecondAndCleared(quiet: Bool) throws {
    let terminal = try PseudoTerminal()
    seen(quiet: quiet, step: 1, pages: 1000, ByteOutput(descriptor: terminal.descriptor))
      .clearProgress()
    let seen = terminal.everythingSeen()
    if quiet {
      #expect(seen.isEmpty)
    } else {
      for (phase, times) in [("survey", 5), ("rewrite", 5), ("commit", 1)] {
        #expect(seen.components(separatedBy: phase).count - 1 == times, "\(phase)")
      }
      #expect(seen.hasSuffix("\rcommit\u{1b}[K\r\u{1b}[K"))
    }
  }

  /// The seconds count over the phases, and a rate over one.
  @Test(arguments: [false, true])
  func withoutATerminalThereIsALineEveryTenSeconds(quiet: Bool) throws {
    let pipe = Pipe()
    let errors = ByteOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    _ = seen(quiet: quiet, step: 500, pages: 50, errors)
    try pipe.fileHandleForWriting.close()
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(
      said
        == (quiet
          ? ""
          : """
          octokey: survey: 20/50 documents, 2/s, 0:15 left (T)
          octokey: rewrite: 40/50 documents, 5/s, 0:02 left (T)

          """))
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
    #expect(console.progressStyle == .lines)
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
