// The report files in the state folder, for their owner only: the text holds the new key.

import Native
import OctopusKeys

struct RotationReportFiles {
  let folder: StateFolder
  let stamp: String

  /// Writes both files. The rotation is done by now: a failure is a warning.
  ///
  /// - Returns: the paths of those that were written.
  func write(
    _ report: RotationReport, key: borrowing MasterKey, _ context: Context
  ) -> [String] {
    let stem = "rotation-report-\(stamp)"
    let head = Array(RotationReport.textBeforeKey.utf8)
    let tail = Array(("\n" + report.textAfterKey).utf8)
    let base64 = key.base64()
    var text = SecretBytes(count: head.count + base64.count + tail.count)
    text.withMutableBytes { text in
      text.copy(head.span, at: 0)
      base64.withBytes { text.copy($0, at: head.count) }
      text.copy(tail.span, at: text.count - tail.count)
    }
    let asText = attempt(context.console) {
      try text.withBytes { try create(folder.newPath(stem, ".txt"), $0) }
    }
    let asJSON = attempt(context.console) {
      let json = Array(try context.json(of: report, Ending(report.status)).utf8)
      return try create(folder.newPath(stem, ".json"), json.span)
    }
    return [asText, asJSON].compactMap(\.self)
  }

  private func create(_ path: String, _ contents: Span<UInt8>) throws -> String {
    try NewFile.create(path, contents: contents, owner: folder.owner).commit()
    return path
  }

  private func attempt(_ console: Console, _ write: () throws -> String) -> String? {
    do {
      return try write()
    } catch {
      let failure = Failure(describing: error)
      console.warning("the report was not written: \(failure.message)", hint: failure.hint)
      return nil
    }
  }
}
