// Machine ids that are not secret: those of Debian's images, and those with a pattern.

import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct SharedMachineIDTests {
  private func reason(_ id: some StringProtocol) throws -> SharedMachineID.Reason? {
    try SharedMachineID.reason(SecretBytes(copying: Array((id + "\n").utf8).span))
  }

  private func md5(_ text: String) throws -> Substring {
    Outside.text(try Outside.run("md5sum", input: Array(text.utf8))).prefix(32)
  }

  @Test func anIDOfAnImageIsTheDigestOfItsMidnight() throws {
    #expect(try reason(md5("1700006400\n")) == .debianImage)
    #expect(try reason(md5("1700006401\n")) == nil)
    #expect(try reason(md5("1700006400")) == nil)
  }

  @Test func aPatternIsNotRandom() throws {
    for id in [
      String(repeating: "0", count: 32), "0123456789abcdef0123456789abcdef",
      "fedcba9876543210FEDCBA9876543210",
    ] {
      #expect(try reason(id) == .pattern)
    }
    for id in [
      "3f9c6a0d5e7b41228a90c4d1e6f57b03", String(repeating: "02", count: 16),
      String(repeating: "0", count: 31) + "1", String(repeating: "0", count: 31),
      String(repeating: "g", count: 32),
    ] {
      #expect(try reason(id) == nil, "\(id)")
    }
  }
}
