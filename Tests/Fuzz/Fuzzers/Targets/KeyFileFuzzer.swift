// The input is a key file.
//
// Oracle: a slow reader takes the same files, and reads the same key in them; what it refuses is refused for the same reason. A
// key that was read is written and read again, also in UTF-16 and with the line ends of Windows, and a letter that is changed in
// what was written is noticed: the fingerprint is in it.

import FoundationEssentials

@testable import Native
@testable import OctopusKeys

enum KeyFileFuzzer: Fuzzer {
  static func work(_ input: [UInt8]) { _ = try? bytes(input) }

  private static func bytes(_ file: [UInt8]) throws(KeyError) -> [UInt8] {
    let key = try KeyFile.parse(SecretBytes(copying: file.span), source: "file")
    return key.bytes.withBytes { Array(copying: $0) }
  }

  static func check(_ input: [UInt8]) throws {
    do throws(KeyError) {
      let key = try bytes(input)
      let expected = try? KeyFileReference.key(input, fingerprint: fingerprint)
      require(key == expected, "a key that the slow reader does not read")
    } catch {
      let expected: KeyFileReference.Refusal
      switch error {
      case .missing: expected = .missing
      case .notAlone: expected = .notAlone
      case .notBase64: expected = .notBase64
      case .wrongLength: expected = .wrongLength
      case .fingerprintDiffers: expected = .fingerprint
      default: fail("\(error)")
      }
      do throws(KeyFileReference.Refusal) {
        _ = try KeyFileReference.key(input, fingerprint: fingerprint)
        fail("refused, although the slow reader reads it: \(error)")
      } catch {
        require(error == expected, "\(expected), and not \(error)")
      }
      return
    }
    try checkWriting(bytes(input), input.count)
  }

  private static func fingerprint(_ key: [UInt8]) -> String {
    guard let key = try? MasterKey(bytes: SecretBytes(copying: key.span), source: "bytes"),
      let fingerprint = try? KeyFingerprint(of: key)
    else { fail("no fingerprint") }
    return fingerprint.description
  }

  private static func checkWriting(_ key: [UInt8], _ seed: Int) throws {
    let created = Date(timeIntervalSince1970: Double(seed) * 1e6)
    let file = try KeyFile.contents(
      MasterKey(bytes: SecretBytes(copying: key.span), source: "bytes"), created: created
    ).withBytes { Array(copying: $0) }
    require(try bytes(file) == key, "written otherwise")
    let windows = file.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    require(try bytes([0xEF, 0xBB, 0xBF] + windows) == key, "read otherwise with CR")
    require(
      try bytes([0xFF, 0xFE] + windows.flatMap { [$0, 0] }) == key, "read otherwise in UTF-16")
    var damaged = file
    let place = file.count - 3 - seed % 20
    damaged[place] = damaged[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    if let other = try? bytes(damaged) { require(other == key, "a damaged key is read") }
  }
}
