import Foundation
import Native
import OctopusKeys
import Outside
import Testing

private func shell(_ script: String, _ argument: String) throws -> String {
  Outside.text(try Outside.run(["sh", "-c", script, "sh", argument]))
}

private let keyText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
private let keyBytes = [UInt8](0..<32)

private func utf16(_ text: String, little: Bool) -> [UInt8] {
  text.utf16.flatMap { unit in
    let pair = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
    return little ? pair : pair.reversed()
  }
}

private func parse(_ bytes: [UInt8]) throws(KeyError) -> [UInt8] {
  let key = try KeyFile.parse(SecretBytes(copying: bytes.span), source: "there")
  return key.bytes.withBytes { [UInt8](copying: $0) }
}

private let shapes: [[UInt8]] = [
  Array(keyText.utf8),
  Array((keyText + "\n").utf8),
  Array(("\n \t" + keyText + " \r\n\r\n").utf8),
  Array(("# first\r\n# second\r\n" + keyText + "\r\n").utf8),
  [0xEF, 0xBB, 0xBF] + Array((keyText + "\n").utf8),
  [0xFF, 0xFE] + utf16(keyText + "\r\n", little: true),
  [0xFF, 0xFE] + utf16("# Schlüssel 🔑\r\n" + keyText, little: true),
  [0xFE, 0xFF] + utf16(keyText + "\r\n", little: false),
  utf16(keyText + "\r\n", little: true),
]

private let refusals: [(String, KeyError)] = [
  ("", KeyError.missing(source: "there")),
  ("# only a comment\n\n", .missing(source: "there")),
  (keyText + "\n" + keyText, .notAlone(source: "there", line: 2)),
  ("\n" + keyText + "\n\n# later", .notAlone(source: "there", line: 4)),
  ("0123456789abcdef0123456789abcdefABCD", .wrongLength(bytes: 27, source: "there")),
  ("AAAA", .wrongLength(bytes: 3, source: "there")),
  ("\"\(keyText)\"", .notBase64(source: "there")),
  ("MasterKey=" + keyText, .notBase64(source: "there")),
  (String(keyText.dropLast()), .notBase64(source: "there")),
  (keyText.replacingOccurrences(of: "Q", with: "ü"), .notBase64(source: "there")),
  // In UTF-16 a byte of it is that of an A.
  (keyText.replacingOccurrences(of: "A", with: "\u{141}"), .notBase64(source: "there")),
  ("# fingerprint: SHA256:wrong\n" + keyText, .fingerprintDiffers(source: "there")),
  ("#Fingerprint:\n" + keyText, .fingerprintDiffers(source: "there")),
  ("#", .missing(source: "there")), ("# fingerprint:", .missing(source: "there")),
]

@Suite struct KeyFileTests {
  @Test(arguments: MasterKey.Size.allCases)
  func otherProgramsReadWhatWasCreated(size: MasterKey.Size) throws {
    let folder = ScratchFolder()
    let path = folder.file("new.key")
    let key = try MasterKey.random(size)
    try create(path, key: key, created: Date(timeIntervalSince1970: 1_700_000_000))
    let digest = try shell(
      "tail -n1 \"$1\" | base64 -d | openssl dgst -sha256 -binary | base64 | tr -d '='", path)
    let fingerprint = try KeyFingerprint(of: key).description
    #expect("SHA256:" + digest == fingerprint + "\n")
    let comments = try shell("grep '^#' \"$1\"", path)
    #expect(comments.contains("\n# created: 2023-11-14T22:13:20Z\n"))
    #expect(comments.contains("\n# bits: \(size.rawValue)\n"))
    #expect(comments.contains("\n# fingerprint: \(fingerprint)\n"))
    let same = try KeyFile.read(path).equals(key)
    #expect(same)
    #expect(try KeyFile.exposure(path) == nil)
  }

  @Test func itIsForTheOwnerAloneUnderAnOpenUmask() async {
    await #expect(processExitsWith: .success) {
      umask(0)
      let folder = ScratchFolder()
      try create(folder.file("key"), key: MasterKey.random(.bits256), created: Date())
      let mode = try shell("stat -c %a \"$1\"", folder.file("key"))
      #expect(mode == "600\n")
    }
  }

  @Test func whatIsThereIsNeverOverwritten() throws {
    let folder = ScratchFolder()
    let file = folder.file("there", [1])
    let link = folder.file("link")
    symlink(folder.file("nowhere"), link)
    for path in [file, link] {
      #expect(throws: KeyError.native(.alreadyExists(path: path))) {
        try create(path, key: MasterKey.random(.bits128), created: Date())
      }
    }
    #expect(Outside.bytes(file) == [1])
    #expect(folder.names.sorted() == ["link", "there"])
  }

  @Test(arguments: shapes)
  func everyShapeThatPeopleHaveIsRead(bytes: [UInt8]) throws {
    #expect(try parse(bytes) == keyBytes)
    let folder = ScratchFolder()
    let key = try KeyFile.read(folder.file("key", bytes))
    let read = key.bytes.withBytes { [UInt8](copying: $0) }
    #expect(read == keyBytes)
  }

  @Test(arguments: refusals)
  func anythingElseIsNamed(text: String, error: KeyError) {
    #expect(throws: error) { try parse(Array(text.utf8)) }
    #expect(throws: error) { try parse([0xFF, 0xFE] + utf16(text, little: true)) }
  }

  @Test func halfACharacterAtTheEndIsNoKey() {
    let bytes = [0xFF, 0xFE] + utf16(keyText, little: true) + [0x41]
    #expect(throws: KeyError.notBase64(source: "there")) { try parse(bytes) }
  }

  @Test func aDamagedKeyIsNoticedByItsFingerprint() throws {
    let folder = ScratchFolder()
    let path = folder.file("key")
    try create(path, key: MasterKey.random(.bits256), created: Date())
    _ = try shell("sed -i '$s/^A/B/;t;$s/^./A/' \"$1\"", path)
    #expect(throws: KeyError.fingerprintDiffers(source: path)) { _ = try KeyFile.read(path) }
  }

  @Test(arguments: [
    (0o600, nil), (0o400, nil), (0o711, nil), (0o640, 0o640), (0o604, 0o604), (0o620, 0o620),
    (0o602, 0o602),
  ])
  func whoElseMayReadIsTold(mode: Int, exposure: UInt32?) throws {
    let folder = ScratchFolder()
    let path = folder.file("key", [])
    chmod(path, mode_t(mode))
    #expect(try KeyFile.exposure(path) == exposure)
  }

  @Test func aKeyComesFromStandardInput() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      dup2(ends[0], 0)
      write(ends[1], keyText, keyText.utf8.count)
      close(ends[1])
      let key = try KeyFile.readStandardInput()
      let read = key.bytes.withBytes { [UInt8](copying: $0) }
      #expect(read == keyBytes)
    }
  }

  @Test func aKeyFileHas64KiBAtMost() throws {
    let folder = ScratchFolder()
    let end = Array(("\n" + keyText).utf8)
    func file(_ size: Int) -> String {
      folder.file("\(size)", [UInt8](repeating: 35, count: size - end.count) + end)
    }
    let key = try KeyFile.read(file(65_536))
    let read = key.bytes.withBytes { [UInt8](copying: $0) }
    #expect(read == keyBytes)
    let larger = file(65_537)
    #expect(throws: KeyError.native(.tooLarge(path: larger, limit: 65_536))) {
      _ = try KeyFile.read(larger)
    }
  }
}

/// Creates a key file and keeps it.
private func create(_ path: String, key: borrowing MasterKey, created: Date) throws(KeyError) {
  let file = try KeyFile.create(path, key: key, created: created)
  file.commit()
}
