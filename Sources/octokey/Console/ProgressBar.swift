// The progress of a pass over documents, on one line of the terminal. To draw it for every document
// would cost more than the document.

final class ProgressBar {
  private let label: String
  private let console: Console
  private let clock: Clock
  private let start: Duration
  private var lastDrawn: Duration?

  private static let interval = Duration.milliseconds(100)

  /// Draws nothing yet. `label` is a verb in -ing, such as `reading`.
  init(_ label: String, _ context: Context) {
    self.label = label
    console = context.console
    clock = context.clock
    start = context.clock.uptime()
  }

  /// - Parameter total: nil if the number of documents is not known.
  func update(done: Int, total: Int?) {
    guard console.showsProgress else { return }
    let now = clock.uptime()
    if let lastDrawn, now - lastDrawn < ProgressBar.interval { return }
    lastDrawn = now
    console.showProgress(
      ProgressBar.line(
        label: label, done: done, total: total, elapsed: now - start, width: console.progressWidth))
  }

  func finish() { console.clearProgress() }

  /// The line for a terminal with `width` columns, never the last one, where some terminals would wrap.
  /// A narrow terminal loses the remaining time first, then the rate, then the bar.
  static func line(label: String, done: Int, total: Int?, elapsed: Duration, width: Int) -> String {
    let room = max(0, width - 1)
    let done = max(0, done)
    let rate = ratePerSecond(done: done, elapsed: elapsed)
    var parts = [total.map { "\(done)/\($0) documents" } ?? "\(done) documents"]
    // A store may grow after it was counted: 100% at most.
    let share = total.map { $0 > 0 ? min(1, Double(done) / Double($0)) : 1 }
    if let share { parts.append("\(Int(share * 100))%") }
    if let rate { parts.append("\(rate)/s") }
    if let total, let rate, rate > 0, done < total {
      parts.append(clockTime(.seconds((total - done) / rate)) + " left")
    }
    var text = label + "  " + parts.joined(separator: "  ")
    while text.count > room, parts.count > 1 {
      parts.removeLast()
      text = label + "  " + parts.joined(separator: "  ")
    }
    if text.count > room { return String(text.prefix(room)) }
    guard let share else { return text }
    let cells = min(30, room - text.count - 4)
    guard cells >= 5 else { return text }
    let filled = Int(share * Double(cells))
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: cells - filled)
    return label + "  [" + bar + "]  " + parts.joined(separator: "  ")
  }

  /// Nil while too little time has passed.
  private static func ratePerSecond(done: Int, elapsed: Duration) -> Int? {
    guard elapsed >= .milliseconds(100), done > 0 else { return nil }
    return Int(min(Double(done) / (elapsed / .seconds(1)), 1e12))
  }

  private static func clockTime(_ time: Duration) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let seconds = time.components.seconds
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    if hours > 0 { return "\(hours):\(two(minutes)):\(two(seconds % 60))" }
    return "\(minutes):\(two(seconds % 60))"
  }
}
