// What a rotation or a recovery has done apart from the store's documents, told at once to whoever wants to follow it.

package enum RotationStep: Equatable, Sendable {
  /// No other octokey works on what this folder belongs to.
  case locked(folder: String)
  /// A file with a key that is about to be needed.
  case wroteKeyFile(String)
  case wroteJournal(String)
  /// `copy` holds what was there before; nil where there is none.
  case replacedConfig(String, copy: String?)
  case removedJournal(String)

  package typealias Observer = (RotationStep) -> Void
}
