// A private copy of a config, and the editor that works on it.

import FoundationEssentials
import Native
import OctopusKeys

/// A copy for an editor, removed by `end`, or at the latest at the end of this value.
struct EditorSession: ~Copyable {
  private let folder: PrivateFolder
  private let name: String
  private let editor: String
  private let environment: [String: String]

  /// Makes the copy, in memory where possible.
  static func begin(_ file: ConfigFile, _ context: Context) throws -> EditorSession {
    let runtime = context.environment["XDG_RUNTIME_DIR"] ?? ""
    let folder = try PrivateFolder.create(
      in: (runtime.hasPrefix("/") ? [runtime] : []) + ["/dev/shm", "/tmp"])
    // The same name: editors choose the syntax by it.
    let name = file.name
    try folder.write(name, file.bytes.span)
    return EditorSession(
      folder: folder, name: name, editor: editor(context.environment),
      environment: context.environment)
  }

  /// - Returns: the contents of the copy afterwards.
  /// - Throws: `CommandError.editorFailed`, `.interrupted`.
  borrowing func edit() throws -> [UInt8] {
    // Through a shell, because VISUAL and EDITOR may hold arguments.
    let ending = try ForegroundProcess.run(
      ["/bin/sh", "-c", "exec \(editor) \"$@\"", editor, folder.path + "/" + name],
      environment: environment)
    switch ending {
    case .exited(0): return try contents()
    case .exited(let code): throw CommandError.editorFailed(editor: editor, code: code)
    case .signal(let number): throw CommandError.editorFailed(editor: editor, code: 128 + number)
    case .interrupted(let signal):
      throw CommandError.interrupted(signal: SignalWatch.name(of: signal))
    }
  }

  /// The present contents of the copy.
  borrowing func contents() throws(NativeError) -> [UInt8] {
    try folder.read(name, limit: XMLSpans.sizeLimit)
  }

  /// Keeps the copy, as the only place with the edited text.
  ///
  /// - Returns: its path.
  consuming func keep() -> String {
    let name = name
    return folder.keep() + "/" + name
  }

  /// Wipes and removes the copy, and says so if that fails.
  consuming func end(_ console: Console) {
    let path = folder.path
    guard let failure = folder.remove() else { return }
    console.warning(
      "the private copy of the config in \(path.quoted) could not be wiped: "
        + Failure(failure).message,
      hint: "remove what is left of it; it may contain passwords")
  }

  private static func editor(_ environment: [String: String]) -> String {
    for name in ["VISUAL", "EDITOR"] {
      if let editor = environment[name], !editor.allSatisfy(\.isWhitespace) { return editor }
    }
    // The administrator's choice on Debian, if there is one.
    return (try? FileStatus.read("/usr/bin/editor")) == nil ? "vi" : "/usr/bin/editor"
  }
}
