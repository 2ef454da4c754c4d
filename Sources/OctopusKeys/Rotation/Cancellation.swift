// Stopping a long run from outside, between two pages.

/// Tells whether a run is to stop.
package struct Cancellation {
  /// The name of the signal that came, or nil.
  private let signal: () -> String?

  /// - Parameter signal: the name of the signal that came, or nil; asked after every page.
  package init(signal: @escaping () -> String?) { self.signal = signal }

  package static var never: Cancellation { Cancellation { nil } }

  /// - Throws: `RotationError.interrupted` if the run is to stop.
  func check() throws(RotationError) {
    if let signal = signal() { throw .interrupted(signal: signal) }
  }
}
