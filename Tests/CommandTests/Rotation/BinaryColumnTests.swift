// Binary columns that octokey does not know: judged as a whole, or decided by the user.

import Foundation
import Outside
import Testing

@Suite struct BinaryColumnTests {
  /// A node with a table of blobs; each is `sealed`, or bytes that are not ciphertext.
  private func node(
    _ blobs: [String], type: String = "VARBINARY(8000)"
  ) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout
    let rows = try blobs.enumerated().map { index, blob in
      let iv = Outside.random(16)
      let plain = blob == "sealed" ? Array("secret \(index)".utf8) : Outside.random(33)
      guard blob == "sealed" else { return "(\(index), x'\(Outside.hex(plain))')" }
      let raw = try #require(Data(base64Encoded: String(key.dropLast())))
      let sealed = try Outside.run(
        "openssl", "enc", "-e", "-aes-128-cbc", "-K", Outside.hex([UInt8](raw)), "-iv",
        Outside.hex(iv), input: plain)
      return "(\(index), x'\(Outside.hex(iv + sealed))')"
    }
    try await node.sql(
      "CREATE TABLE Vault (Id INTEGER PRIMARY KEY, Data \(type)); "
        + "INSERT INTO Vault VALUES \(rows.joined(separator: ", "))")
    return node
  }

  /// The blobs decrypted by openssl with the key in a key file; one line each.
  private func opened(_ node: SampleNode, _ keyFile: String) async throws -> String {
    try await node.shell(
      """
      key=$(grep -v '^#' \(keyFile) | base64 -d | od -An -v -tx1 | tr -d ' \\n')
      sqlite3 octopus.db 'SELECT hex(Data) FROM Vault ORDER BY Id' | while read -r blob; do
        echo "${blob:32}" | basenc --base16 -d | openssl enc -d -aes-128-cbc -K "$key" -iv "${blob:0:32}"
        echo
      done
      """)
  }

  private func rotate(_ node: SampleNode, _ options: String...) async throws -> Ending {
    try await OctokeyProgram.run(
      ["rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID, "--yes"]
        + options)
  }

  /// In SQLite whatever the column was declared for.
  @Test(arguments: ["VARBINARY(8000)", "TEXT", "nvarchar(400)", "INTEGER", ""])
  func fourValuesThatOpenAreRotated(_ type: String) async throws {
    let node = try await node(["sealed", "sealed", "sealed", "sealed"], type: type)
    #expect(try await rotate(node).status == 0)
    let keyFile = try #require(try node.files("master-key-").first)
    let expected = (0..<4).map { "secret \($0)\n" }.joined()
    #expect(try await opened(node, keyFile) == expected)
  }

  @Test func fewerMayOpenByChance() async throws {
    let node = try await node(["sealed", "sealed", "sealed"])
    let before = try await node.sql("SELECT hex(Data) FROM Vault")
    // Nothing that is left to doubt is left to --skip-unreadable either.
    for options in [[], ["--skip-unreadable"]] {
      let refused = try await OctokeyProgram.run(
        [
          "rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID,
          "--yes",
        ]
          + options)
      #expect(refused.status == 1 && refused.stderr.contains("Vault.Data"), "\(refused.stderr)")
      #expect(refused.stderr.contains("--binary-column"))
    }
    #expect(try await node.sql("SELECT hex(Data) FROM Vault") == before)
    // Whoever decides it decides it for the recovery, too.
    try await node.interruptRotation("renameat", 1, "--binary-column Vault.Data=ciphertext")
    #expect(try await node.octokey("recover").status == 0)
    let keyFile = try #require(try node.files("master-key-").first)
    #expect(try await opened(node, keyFile) == (0..<3).map { "secret \($0)\n" }.joined())
  }

  @Test func aThirdKeyInAKnownColumnIsNotTakenForThisOneByChance() async throws {
    let node = try await node(["sealed", "sealed", "sealed", "sealed", "plain"])
    // Known or not by its name alone: there are no other values in it.
    try await node.sql(
      "DROP TABLE IF EXISTS BlobDocument; ALTER TABLE Vault RENAME TO BlobDocument")
    let before = try await node.sql("SELECT hex(Data) FROM BlobDocument")
    let refused = try await rotate(node, "--skip-unreadable")
    #expect(
      refused.status == 1 && refused.stderr.contains("BlobDocument.Data"), "\(refused.stderr)")
    #expect(try await node.sql("SELECT hex(Data) FROM BlobDocument") == before)
    let done = try await rotate(
      node, "--skip-unreadable", "--binary-column", "BlobDocument.Data=ciphertext")
    #expect(done.status == 2, "\(done.stderr)")
    // Reading does no harm: verify tells of the one that does not open.
    #expect(try await node.octokey("verify").stdout.contains("BlobDocument"))
  }

  @Test func bytesThatNeverOpenStay() async throws {
    let node = try await node(["plain", "plain", "plain"])
    let before = try await node.sql("SELECT hex(Data) FROM Vault")
    let result = try await rotate(node)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await node.sql("SELECT hex(Data) FROM Vault") == before)
  }

  @Test func aMixtureStopsTheRunUntilSomebodyDecides() async throws {
    let node = try await node(["sealed", "plain"])
    let before = try await node.sql("SELECT hex(Data) FROM Vault")
    let refused = try await rotate(node)
    #expect(refused.status == 1)
    #expect(refused.stderr.contains("Vault") && refused.stderr.contains("--binary-column"))
    #expect(try await node.sql("SELECT hex(Data) FROM Vault") == before)
    let plain = try await rotate(node, "--binary-column", "Vault.Data=plain")
    #expect(plain.status == 0, "\(plain.stderr)")
    #expect(try await node.sql("SELECT hex(Data) FROM Vault") == before)
  }

  @Test func aSingleValueIsRotatedOnceItIsSaidToBeOne() async throws {
    let node = try await node(["sealed"])
    #expect(try await rotate(node).status == 1)
    let result = try await rotate(node, "--binary-column", "Vault.Data=ciphertext")
    #expect(result.status == 0, "\(result.stderr)")
    let keyFile = try #require(try node.files("master-key-").first)
    #expect(try await opened(node, keyFile) == "secret 0\n")
  }
}
