// The text of a rotation report. The lines of the vendor's report come first: scripts read them.

internal import OctopusKeys

extension RotationReport {
  /// The heading, and the line of the key up to it; the caller decides whether to print the key after it.
  static let textBeforeKey = "ROTATE MASTER KEY REPORT\nNew Master Key: "

  /// With the fingerprint in place of the key.
  var text: String { Self.textBeforeKey + newKey.fingerprint + "\n" + textAfterKey }

  /// Everything after the line of the key.
  var textAfterKey: String {
    let updatedLine = "\(documents.updated)/\(documents.processed) documents were updated"
    var lines = [
      "Processed \(documents.processed) documents.",
      updatedLine,
      "\(documents.failed)/\(documents.processed) documents were left unchanged due to errors",
      "",
      "Replaced Master Key",
      "Your Master Key has been replaced, and all of your sensitive values updated with new Master "
        + "Key.",
      "",
      updatedLine,
      "",
    ]
    lines += details
    lines += binaryPlaces.map(\.text) + lookedAt.lines
    lines += ["", "Values by collection"]
    lines += table
    if !findings.isEmpty {
      lines += ["", "Values that decrypt with neither key; they are unchanged"]
      lines += findings.map { "  " + $0.text }
      if values.unreadable > findings.count {
        lines.append("  and \(values.unreadable - findings.count) more")
      }
    }
    lines += ["", "Next steps"] + nextSteps.numbered
    // Names from a database could forge whole sections.
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }

  private var details: [String] {
    let rate = seconds > 0 ? Int(Double(documents.processed) / seconds) : documents.processed
    var lines = [
      "Old key:      \(oldKey.fingerprint) (\(oldKey.bits) bits)",
      "New key:      \(newKey.fingerprint) (\(newKey.bits) bits)",
      "Key file:     \(newKey.file ?? "")",
      "Store:        \(store.kind) \(store.location)",
      config.map { "Config:       \($0.path)" } ?? "State folder: \(stateFolder)",
    ]
    lines += config?.line(oldKey: oldKey.fingerprint, newKey: newKey.fingerprint) ?? []
    if let snapshot { lines.append(snapshot.line) }
    if let attachments { lines.append("Attachments:  " + attachments.line) }
    lines += [
      "Values:       \(values.reencrypted) re-encrypted, \(values.alreadyNew) already new, "
        + "\(values.unreadable) unreadable",
      "Ledger:       \(ledger.values) values, the same before and after the rotation",
      "              \(ledger.after)",
    ]
    if let before = certificate.thumbprintBefore, let after = certificate.thumbprintAfter {
      lines.append("Certificate:  \(before) before, \(after) after")
    } else if let problem = certificate.problem {
      lines.append("Certificate:  re-encrypted, but not read: \(problem)")
    } else {
      lines.append("Certificate:  no server certificate found in the store")
    }
    lines.append("Time:         \(seconds.inHundredths) s, \(rate) documents per second")
    lines.append(
      "Memory:       \(peakMemory.map { "\($0 >> 20) MiB at most" } ?? "unknown"), "
        + "with the page cache of the database engine")
    return lines
  }

  private var table: [String] {
    TextTable.lines(
      titles: ["documents", "updated", "re-encrypted", "already new", "unreadable"],
      rows: collections.map {
        ($0.name, [$0.documents, $0.updated, $0.reencrypted, $0.alreadyNew, $0.unreadable])
      })
  }
}
