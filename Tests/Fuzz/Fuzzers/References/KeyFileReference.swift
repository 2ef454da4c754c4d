// A key file by lines of text, slowly.

enum KeyFileReference {
  enum Refusal: Error, Equatable {
    case missing, notAlone, notBase64, wrongLength, fingerprint
  }

  /// The bytes of the key.
  ///
  /// - Parameter fingerprint: of a key.
  static func key(_ file: [UInt8], fingerprint: ([UInt8]) -> String) throws(Refusal) -> [UInt8] {
    let lines = plain(file).split(separator: "\n", omittingEmptySubsequences: false).map(trimmed)
      .filter { !$0.isEmpty }
    guard let place = lines.firstIndex(where: { $0.first != "#" }) else { throw .missing }
    guard place == lines.count - 1 else { throw .notAlone }
    guard let key = Base64Reference.decode(lines[place].map { UInt8($0.value) }) else {
      throw .notBase64
    }
    guard [16, 24, 32].contains(key.count) else { throw .wrongLength }
    for line in lines[..<place] {
      let comment = trimmed(line.dropFirst())
      let label = Array("fingerprint:".unicodeScalars)
      guard comment.count >= label.count,
        zip(comment, label).allSatisfy({ $0 == $1 || $0.value + 32 == $1.value })
      else { continue }
      let claim = trimmed(comment.dropFirst(label.count))
      guard claim.elementsEqual(fingerprint(key).unicodeScalars) else { throw .fingerprint }
    }
    return key
  }

  private static func trimmed(_ line: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
    var line = Array(line)
    let isBlank = { (scalar: Unicode.Scalar?) in scalar == " " || scalar == "\t" || scalar == "\r" }
    while isBlank(line.first) { line.removeFirst() }
    while isBlank(line.last) { line.removeLast() }
    return line
  }

  /// One scalar for each byte, or for each unit of UTF-16; one that is not ASCII is a question mark there.
  private static func plain(_ file: [UInt8]) -> [Unicode.Scalar] {
    func wide(_ bytes: [UInt8], high: Int) -> [Unicode.Scalar] {
      stride(from: 0, to: bytes.count, by: 2).map { index in
        guard index + 1 < bytes.count, bytes[index + high] == 0, bytes[index + 1 - high] < 0x80
        else {
          return "?"
        }
        return Unicode.Scalar(bytes[index + 1 - high])
      }
    }
    if file.starts(with: [0xFF, 0xFE]) { return wide(Array(file.dropFirst(2)), high: 1) }
    if file.starts(with: [0xFE, 0xFF]) { return wide(Array(file.dropFirst(2)), high: 0) }
    let odd = file.indices.filter { $0 % 2 == 1 }
    if !file.isEmpty, file.count % 2 == 0, odd.allSatisfy({ file[$0] == 0 }) {
      return wide(file, high: 1)
    }
    return (file.starts(with: [0xEF, 0xBB, 0xBF]) ? file.dropFirst(3) : file[...]).map {
      Unicode.Scalar($0)
    }
  }
}
