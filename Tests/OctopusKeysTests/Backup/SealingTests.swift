// Passphrases, and the files that they seal.

import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct SealingTests {
  private func passphrase(_ text: String) throws(BackupError) -> Passphrase {
    try Passphrase(SecretBytes(copying: Array(text.utf8).span), source: "there")
  }

  @Test(arguments: [
    "correct horse", "correct horse\n", "correct horse\r\n", "\u{FEFF}correct horse",
  ])
  func aMarkAndOneLineEndDoNotCount(_ text: String) throws {
    let isSame = try passphrase(text).equals(passphrase("correct horse"))
    #expect(isSame)
  }

  @Test(
    arguments: [
      ("", .empty), ("\n", .empty), ("a\nb", .severalLines), ("a\rb", .severalLines),
      ("a\n\n", .severalLines), ("\ra", .severalLines), ("a\u{E}b", .noText), ("a\0", .noText),
    ] as [(String, PassphraseFault)])
  func whatNoKeyboardTypesIsRefused(_ text: String, fault: PassphraseFault) {
    #expect(throws: BackupError.unfitPassphrase(source: "there", fault)) {
      _ = try passphrase(text)
    }
  }

  @Test func theLinesOfASealedFileAreThoseOfBase64() throws {
    let contents = Outside.random(500)
    let seal = EncryptedFile(try passphrase("correct horse"))
    let file = try seal.seal(contents.span, name: "machine-id")
    let opened = try seal.open(file, name: "machine-id", path: "/f")
    #expect(opened.withBytes { [UInt8](copying: $0) } == contents)
    // Contents and tag, as base64(1) writes them.
    let lines = Outside.text(file).split(separator: "\n").dropFirst(4)
    #expect(lines.dropLast().allSatisfy { $0.utf8.count == 76 })
    #expect(lines.joined().utf8.count == 688)
  }

  @Test func aSealedFileOpensWithItsPassphraseAndNameAlone() throws {
    let contents = Array("a secret".utf8)
    let seal = EncryptedFile(try passphrase("correct horse"))
    let file = try seal.seal(contents.span, name: "machine-id")
    let lines = Outside.text(file).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[..<2] == ["octokey-sealed 1", "content: machine-id"])
    #expect(lines[2].hasPrefix("kdf: scrypt 131072 8 1 "))
    #expect(lines[3].hasPrefix("cipher: aes-256-gcm ") && lines[4].isEmpty)
    let opened = try seal.open(file, name: "machine-id", path: "/f")
    #expect(opened.withBytes { [UInt8](copying: $0) } == contents)
    let cannotDecrypt = BackupError.cannotDecrypt(path: "/f")
    #expect(throws: cannotDecrypt) { _ = try seal.open(file, name: "master-key", path: "/f") }
    let other = EncryptedFile(try passphrase("correct horsf"))
    #expect(throws: cannotDecrypt) { _ = try other.open(file, name: "machine-id", path: "/f") }
    // The header is sealed together with the contents.
    let renamed = Array(Outside.text(file).replacing("machine-id", with: "master-key").utf8)
    #expect(throws: cannotDecrypt) { _ = try seal.open(renamed, name: "master-key", path: "/f") }
    #expect(throws: BackupError.encryptedFileMalformed(path: "/f")) {
      _ = try seal.open(Array(file.dropFirst()), name: "machine-id", path: "/f")
    }
  }
}
