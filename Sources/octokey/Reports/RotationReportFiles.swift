// The report in the state folder, as text and as JSON, for its owner's eyes only: the text holds
// the new key, as the vendor's report does.

import FoundationEssentials
import Native
import OctopusKeys

/// Where a report goes.
struct RotationReportFiles {
  let folder: StateFolder
  let stamp: String

  /// Writes both files. The rotation is done by now: what cannot be written is a warning.
  func write(_ report: RotationReport, key: borrowing MasterKey, _ console: Console) {
    let stem = "rotation-report-\(stamp)"
    let head = Array(RotationReport.firstLine.utf8)
    let tail = Array(("\n" + report.textAfterFirstLine).utf8)
    let base64 = key.base64()
    var text = SecretBytes(count: head.count + base64.count + tail.count)
    text.withMutableBytes { text in
      for index in head.indices { text[index] = head[index] }
      base64.withBytes { for index in $0.indices { text[head.count + index] = $0[index] } }
      let start = text.count - tail.count
      for index in tail.indices { text[start + index] = tail[index] }
    }
    text.withBytes { create(folder.newPath(stem, ".txt"), $0, console) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    if let json = try? encoder.encode(report) {
      let bytes = Array(json) + [UInt8(ascii: "\n")]
      create(folder.newPath(stem, ".json"), bytes.span, console)
    }
  }

  private func create(_ path: String, _ contents: Span<UInt8>, _ console: Console) {
    do {
      let file = try NewFile.create(path, contents: contents, owner: folder.owner)
      file.commit()
    } catch {
      let failure = Failure(describing: error)
      console.warning("the report was not written: \(failure.message)", hint: failure.hint)
    }
  }
}
