// How far a long run got: on a terminal one line that is drawn over and over, elsewhere a plain line every ten
// seconds. Drawing it for every page would cost more than the page.

import OctopusKeys

final class ProgressBar {
  private let console: Console
  private let clock: Clock
  private var phase: PassProgress.Phase?
  private var phaseStart: Duration
  private var lastShown: Duration

  /// Shows nothing yet.
  init(_ context: Context) {
    console = context.console
    clock = context.clock
    phaseStart = context.clock.uptime()
    lastShown = phaseStart
  }

  func update(_ progress: PassProgress) {
    guard let interval = console.progressStyle.interval else { return }
    let now = clock.uptime()
    if progress.hasEnded {
      return console.step(
        "\(progress.phase.rawValue) ends after \(((now - phaseStart) / .seconds(1)).inHundredths) s"
      )
    }
    let begins = phase != progress.phase || progress.done == 0
    if begins {
      (phase, phaseStart) = (progress.phase, now)
      let documents = progress.total.map { " with \($0) documents" } ?? ""
      console.step("\(progress.phase.rawValue) begins\(documents)")
    }
    // A bar changes with its phase at once: a commit is told of once only.
    let isBar = console.progressStyle == .bar
    guard now - lastShown >= interval || isBar && begins else { return }
    lastShown = now
    let elapsed = now - phaseStart
    if isBar {
      console.showProgress(
        ProgressBar.line(progress, elapsed: elapsed, width: console.progressWidth))
    } else {
      console.note(ProgressBar.plainLine(progress, elapsed: elapsed))
    }
  }

  /// The line without a terminal.
  static func plainLine(_ progress: PassProgress, elapsed: Duration) -> String {
    let pace = Pace(progress, elapsed: elapsed)
    let parts = [pace.count, pace.rate, pace.left].compactMap(\.self)
    let table = progress.collection.map { " (\($0.name))" } ?? ""
    return ([progress.phase.rawValue] + (parts.isEmpty ? [] : [parts.joined(separator: ", ")]))
      .joined(separator: ": ") + table
  }

  /// The line for a terminal with `width` columns, never the last one, where some terminals would wrap.
  /// A narrow terminal loses the bar first, then the table, the remaining time, and the rate.
  static func line(_ progress: PassProgress, elapsed: Duration, width: Int) -> String {
    let room = max(0, width - 1)
    let pace = Pace(progress, elapsed: elapsed)
    let phase = progress.phase.rawValue
    func joined(_ parts: [String]) -> String { ([phase] + parts).joined(separator: "  ") }
    var parts = [pace.count, pace.percent, pace.rate, pace.left].compactMap(\.self)
    while joined(parts).count > room, !parts.isEmpty { parts.removeLast() }
    var text = joined(parts)
    if text.count > room { return String(text.prefix(room)) }
    // The bar and the table share what is left by halves, so that the bar keeps its length.
    let free = room - text.count
    let cells = min(30, progress.collection == nil ? free - 4 : free / 2 - 4)
    if let share = pace.share, cells >= 5 {
      let filled = Int(share * Double(cells))
      let done = String(repeating: "#", count: filled)
      let rest = String(repeating: "-", count: cells - filled)
      text = joined(["[\(done)\(rest)]"] + parts)
    }
    guard var table = progress.collection?.name.escaped else { return text }
    // No character takes more columns than it has bytes.
    while table.utf8.count > room - text.count - 2, !table.isEmpty { table.removeLast() }
    return table.isEmpty ? text : text + "  " + table
  }
}

extension Console.ProgressStyle {
  /// The time between two lines; nil where there are none.
  fileprivate var interval: Duration? {
    switch self {
    case .none: nil
    case .bar: .milliseconds(100)
    case .lines: .seconds(10)
    }
  }
}

/// The numbers of a line, as far as there are any.
private struct Pace {
  var count: String?
  var share: Double?
  var percent: String?
  var rate: String?
  var left: String?

  init(_ progress: PassProgress, elapsed: Duration) {
    guard let total = progress.total else { return }
    let done = max(0, progress.done)
    count = "\(done)/\(total) documents"
    // A store may grow after it was counted: 100% at most.
    let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
    self.share = share
    percent = "\(Int(share * 100))%"
    // Too little time says nothing.
    guard elapsed >= .milliseconds(100), done > 0 else { return }
    let perSecond = Int(min(Double(done) / (elapsed / .seconds(1)), 1e12))
    rate = "\(perSecond)/s"
    if perSecond > 0, done < total {
      left = Pace.clockTime(.seconds((total - done) / perSecond)) + " left"
    }
  }

  private static func clockTime(_ time: Duration) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let seconds = time.components.seconds
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    if hours > 0 { return "\(hours):\(two(minutes)):\(two(seconds % 60))" }
    return "\(minutes):\(two(seconds % 60))"
  }
}
