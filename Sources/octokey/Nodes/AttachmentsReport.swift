// The report on the server's attachments: octokey does not rewrite them, so they need the old key.

import OctopusKeys

struct AttachmentsReport: Encodable {
  static let schema: Schema = [
    "folder": .string, "files?": .integer, "examined?": .integer, "decrypted?": .integer,
    "notFollowed?": .integer, "unreadable?": .integer, "problem?": .string,
  ]

  /// The folder of the attachments; if it could not be searched for, its parent.
  let folder: String
  let files: Int?
  let examined: Int?
  let decrypted: Int?
  let notFollowed: Int?
  let unreadable: Int?
  /// Why the folder was not read, or the first thing in it that cannot be read.
  let problem: String?

  init(_ attachments: ServerAttachments) {
    folder = attachments.folder
    var counts: ServerAttachments.Counts?
    switch attachments.outcome {
    case .counted(let found):
      counts = found
      problem = found.trouble.map { Failure($0).message }
    case .notFound: problem = "\(folder.quoted) not found on this machine"
    case .ofWindows: problem = "\(folder.quoted) is a Windows path, and was not read"
    case .unreadable(let error): problem = Failure(error).message
    }
    files = counts?.files
    // Without the old key none was tried.
    let isTried = counts.map { $0.examined > 0 } ?? false
    examined = isTried ? counts?.examined : nil
    decrypted = isTried ? counts?.decrypted : nil
    notFollowed = counts?.notFollowed
    unreadable = counts?.unreadable
  }

  /// For the head of a report.
  var line: String {
    guard let files else { return "not counted, see the next steps" }
    return "\(count(files)), not rewritten" + (trial.map { "; " + $0 } ?? "")
  }

  /// The attachments and the key that they need, as one sentence.
  ///
  /// - Parameter oldKey: its fingerprint.
  func sentence(oldKey: String) -> String {
    let need = "a copy of the old key (\(oldKey)) is needed to read them"
    guard let files else {
      return
        "\(problem ?? ""): if the server has attachments in \(ServerAttachments.folderName.quoted) there, "
        + "octokey does not rewrite them, and " + need
    }
    return
      "attachments of the server in \(folder.quoted) (\(count(files))): octokey does not rewrite them, and "
      + need + (trial.map { "; \($0), which a wrong key passes once in 255 times" } ?? "") + rest
  }

  private func count(_ files: Int) -> String { files == 1 ? "1 file" : "\(files) files" }

  /// How many of them decrypt; nil if none was tried.
  private var trial: String? {
    guard let examined, let decrypted, let files else { return nil }
    let tried = examined == files ? "\(examined)" : "\(examined) examined"
    return "\(decrypted) of \(tried) decrypt with the old key, judged by the padding"
  }

  private var rest: String {
    var text = ""
    if let unreadable, unreadable > 0 {
      text += "; \(unreadable) files or folders cannot be read, the first: \(problem ?? "")"
    }
    if let notFollowed, notFollowed > 0 {
      text += "; \(notFollowed) links or special files were not followed"
    }
    return text
  }
}
