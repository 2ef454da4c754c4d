// How far a pass over a store got. It is told after each page of some hundred documents, and makes no text: the name of
// a collection is put together by whoever shows it.

package struct PassProgress {
  package enum Phase: String, Sendable {
    /// Trying the keys on every value, before anything is written.
    case survey
    /// Writing, and reading back what was written.
    case rewrite
    /// Making what was written durable.
    case commit
    /// Reading everything with one key, or once more after the commit.
    case verify
  }

  package typealias Observer = (PassProgress) -> Void

  package let phase: Phase
  /// The documents that were read.
  package let done: Int
  /// The documents that were there at the beginning; nil in a commit, which does not count them.
  package let total: Int?
  /// What was read last; nil before the first page.
  package let collection: StoreCollection?
  package let hasEnded: Bool

  package init(
    phase: Phase, done: Int = 0, total: Int? = nil, collection: StoreCollection? = nil,
    hasEnded: Bool = false
  ) {
    self.phase = phase
    self.done = done
    self.total = total
    self.collection = collection
    self.hasEnded = hasEnded
  }

  /// Tells that a pass over `total` documents begins.
  ///
  /// - Returns: what adds up its pages, and tells of each.
  static func counter(
    _ phase: Phase, of total: Int, _ observer: @escaping Observer
  ) -> (StoreCollection, Int) -> Void {
    var done = 0
    observer(PassProgress(phase: phase, total: total))
    return { (collection, count) in
      done += count
      observer(PassProgress(phase: phase, done: done, total: total, collection: collection))
    }
  }
}
