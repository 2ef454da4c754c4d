// The input is an encrypted file, or, with a first byte below 0x10, contents to be encrypted: the second and third byte then say
// where the file is damaged, and the first one how.
//
// Oracle: a random file is never decrypted. An encrypted one is, to what it was made of. A damaged one is only if the damage means
// nothing: the header is the same, byte for byte, and the base64 after it says the same. What would take more memory or time than
// is allowed is refused.

@testable import Native
@testable import OctopusKeys

enum EncryptedFileFuzzer: Fuzzer {
  /// A cheap derivation of the key: the fuzzers are not to measure scrypt.
  private static let header = """
    octokey-sealed 1
    content: master-key
    kdf: scrypt 2 1 1 AAAAAAAAAAAAAAAAAAAAAA==
    cipher: aes-256-gcm AAAAAAAAAAAAAAAA


    """

  private nonisolated(unsafe) static var encrypted = newEncrypted()

  private static func newEncrypted() -> EncryptedFile {
    let text = SecretBytes(copying: Array("correct horse".utf8).span)
    guard let passphrase = try? Passphrase(text, source: "fuzz") else { fail("no passphrase") }
    let encrypted = EncryptedFile(passphrase)
    // A key that was derived once is taken for new files.
    let other = Array((header + "AAAAAAAAAAAAAAAAAAAAAA==\n").utf8)
    require((try? encrypted.open(other, name: "master-key", path: "/f")) == nil, "decrypted")
    return encrypted
  }

  static func work(_ input: [UInt8]) {
    guard isCheap(input) else { return }
    _ = try? encrypted.open(input, name: "master-key", path: "/f")
  }

  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    isCheap(input) ? input + repeated(Array("AAAA\n".utf8), to: size) : []
  }

  static func check(_ input: [UInt8]) throws {
    guard let kind = input.first, kind < 0x10, input.count >= 3 else {
      guard isCheap(input) else { return }
      return require(open(input) == nil, "a file of no one's is decrypted")
    }
    encrypted = newEncrypted()
    let contents = Array(input.dropFirst(3))
    let file = try encrypted.seal(contents.span, name: "master-key")
    require(open(file) == contents, "decrypted otherwise")
    require(open(file, name: "machine-key") == nil, "decrypted under another name")
    let place = (Int(input[1]) << 8 | Int(input[2])) % file.count
    var damaged = file
    switch kind % 4 {
    case 0: damaged[place] ^= 1 << (kind / 4)
    case 1: damaged.remove(at: place)
    case 2: damaged.insert(UInt8(ascii: kind < 8 ? "\n" : "A"), at: place)
    default: damaged.removeSubrange(place...)
    }
    guard isCheap(damaged), let opened = open(damaged) else { return }
    require(opened == contents, "a damaged file is decrypted to something else")
    require(meaning(damaged) == meaning(file), "a damaged file is decrypted")
  }

  private static func open(_ file: [UInt8], name: String = "master-key") -> [UInt8]? {
    do throws(BackupError) {
      return try encrypted.open(file, name: name, path: "/f").withBytes { Array(copying: $0) }
    } catch {
      switch error {
      case .encryptedFileMalformed, .cannotDecrypt: return nil
      default: fail("\(error)")
      }
    }
  }

  /// The header as it is, and what the base64 says.
  private static func meaning(_ file: [UInt8]) -> [[UInt8]?] {
    guard let end = file.firstRange(of: [0x0A, 0x0A])?.upperBound else { return [] }
    let body = file[end...].filter { ![0x0A, 0x0D].contains($0) }
    return [Array(file[..<end]), Base64Reference.decode(body)]
  }

  /// Whether the header asks for a key that is quickly made. What asks for more than is allowed is refused at once.
  private static func isCheap(_ file: [UInt8]) -> Bool {
    for line in text(file.prefix(1024)).split(separator: "\n") where line.hasPrefix("kdf: scrypt ")
    {
      let numbers = line.dropFirst(12).split(separator: " ").prefix(3).map { Int($0) ?? 0 }
      guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 && $0 < 1 << 30 }) else { continue }
      let cost = numbers[0].multipliedReportingOverflow(by: numbers[1] * numbers[2])
      if cost.overflow || cost.partialValue > 1 << 23 { continue }
      if cost.partialValue > 256 { return false }
    }
    return true
  }
}
