// The text of a rotation report. The lines of the vendor's report come first: scripts read them.

internal import OctopusKeys

extension RotationReport {
  /// The heading, and the line of the key up to it; the caller decides whether to print the key after it.
  static let textBeforeKey = "ROTATE MASTER KEY REPORT\nNew Master Key: "

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
    if !unreadable.isEmpty {
      lines += ["", "Values that open under neither key; they are as they were"]
      lines += unreadable.map { "  " + $0.text }
      if values.unreadable > unreadable.count {
        lines.append("  and \(values.unreadable - unreadable.count) more")
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
    } else if let closed = certificate.closed {
      lines.append("Certificate:  re-encrypted, but not opened: \(closed)")
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

extension [FindingLine] {
  /// The first ones, how many more of `total` there are, and an empty line; nothing without findings.
  func listed(of total: Int) -> [String] {
    if isEmpty { return [] }
    let rest = total > 20 ? ["  and \(total - 20) more"] : []
    return prefix(20).map { "  " + $0.text.escaped } + rest + [""]
  }
}

extension FindingLine {
  var text: String {
    var place = document.isEmpty ? collection : "\(collection) \(document)"
    if !field.isEmpty { place += (document.isEmpty ? "." : ": ") + field }
    if let path { place += " at \(path)" }
    if let offset { place += path == nil ? " at byte \(offset)" : " (byte \(offset))" }
    return place + ": " + meaning
  }

  private var meaning: String {
    switch Finding.Reason(rawValue: reason) {
    case .opensUnderNoKey: "has the shape of a sensitive value, but no key opens it"
    case .opensToNonsense:
      "a key seems to fit, but what comes out is neither text nor a certificate; where bytes are meant, "
        + "--accept-binary \(place.shellWord)"
    case .ambiguous: "opens under both keys, and nothing tells which one is right"
    case .damagedShape: "a sensitive value with characters missing or too many"
    case .notEncrypted: "plain text in a place for sensitive values"
    case .malformedJSON: "a sensitive value in a text that is not valid JSON"
    case .invalidUTF8: "a text that is not valid UTF-8, and has or may have a sensitive value in it"
    case .damagedGzip: "should be a gzip stream, and is not one or is damaged"
    case .tooLarge: "unpacks to more than 128 MiB, and was not looked at"
    case .quotedInText: "a longer text quotes a ciphertext under the old key"
    case .sortedName:
      "a sensitive value as the name of a property, in JSON that the database sorts by names"
    case .undecidedBinary:
      "a binary column of which it is not clear whether it holds ciphertext; decide with "
        + "--binary-column \(collection).\(field)=ciphertext, =vector-last or =plain"
    case .notRead:
      "this was not read, and it has, or may have, something of the shape of a value"
        + (obstacle.map { ": " + $0 } ?? "")
    case nil: reason
    }
  }
}
