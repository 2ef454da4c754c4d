// Other tests and the benchmark depend on the sample stores; here these are checked with
// sqlite3, openssl and xmllint, which were not used to make them.
import Foundation
import Outside
import Testing

struct SampleStoreTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "octokey-samples-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  @Test func theDefaultStoreHasTheCountsOfTheVendorsReport() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try make("default.db", "--plaintexts", path("plaintexts"))
    #expect(try sqlite(store, "PRAGMA integrity_check") == "ok")
    let tables = try sqlite(
      store,
      """
      SELECT t.name FROM sqlite_schema t, pragma_table_info(t.name) c
      WHERE t.type = 'table' AND c.name IN ('JSON', 'JSONBlob') GROUP BY t.name
      """)
    let counts = tables.split(separator: "\n").map { "SELECT count(*) AS n FROM [\($0)]" }
    let union = counts.joined(separator: " UNION ALL ")
    #expect(try sqlite(store, "SELECT sum(n) FROM (\(union))") == "10533")
    #expect(Set(try values("plaintexts").map { "\($0.table) \($0.id)" }).count == 10_009)
    let size = try FileManager.default.attributesOfItem(atPath: store)[.size] as? Int ?? 0
    #expect((25_000_000...60_000_000).contains(size))
  }

  @Test(arguments: [
    [], ["--json-blob", "--foreign", "3", "--damaged", "2"], ["--encoding", "UTF-16le"],
  ])
  func theSameArgumentsMakeTheSameDocuments(options: [String]) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let arguments = ["--documents", "300", "--seed", "7"] + options
    let first = try make("first.db", arguments)
    let second = try make("second.db", arguments)
    let dump = try sqlite(first, ".dump")
    #expect(try sqlite(second, ".dump") == dump)
    #expect(dump.contains("INSERT INTO VariableSet"))
    let other = try make("other.db", ["--documents", "300", "--seed", "8"] + options)
    #expect(try sqlite(other, ".dump") != dump)
  }

  @Test(arguments: [16, 32])
  func opensslOpensEveryKindOfValue(keyBytes: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = Data((0..<UInt8(keyBytes)).map { $0 &* 7 })
    try Data("# a key for this test\n\(key.base64EncodedString())\n".utf8)
      .write(to: folder.appending(path: "key"))
    let store = try make(
      "store.db", "--documents", "100", "--key-file", path("key"), "--plaintexts", path("list"))
    // json_tree reads the escapes; GLOB finds the shape without knowing where values sit.
    let tables = Set(try values("list").map(\.table)).subtracting(["BlobDocument"])
    for table in tables.sorted() {
      let found = try sqlite(
        store,
        """
        SELECT d.Id || ' ' || v.value FROM [\(table)] d, json_tree(d.JSON) v
        WHERE v.type = 'text' AND length(v.value) < 5000
        AND v.value GLOB '*[A-Za-z0-9+/=]|??????????????????????==' LIMIT 4
        """
      ).split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
      #expect(!found.isEmpty, "no value in \(table)")
      for row in found {
        let halves = row[1].split(separator: "|")
        let opened = try open(String(halves[0]), String(halves[1]), key)
        #expect(
          try values("list").contains { $0.id == row[0] && $0.plaintext == opened },
          "\(table) \(row[0])")
      }
    }
    let blob = try #require(
      Data(
        hex: try sqlite(store, "SELECT hex(Blob) FROM BlobDocument WHERE Id = 'blobdocuments-1'"))
    )
    let opened = try open(
      blob.dropFirst(16).base64EncodedString(), blob.prefix(16).base64EncodedString(), key)
    #expect(
      try values("list").contains { $0.id == "blobdocuments-1" && $0.plaintext == opened })
  }

  @Test func theServersCertificateIsAPFXWithoutPassword() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = Data(repeating: 3, count: 16)
    let store = try make("store.db", "--documents", "20", "--key", key.base64EncodedString())
    let row = try sqlite(
      store,
      """
      SELECT JSON ->> '$.Thumbprint' || '|' || (JSON ->> '$.CertificateData')
      FROM Configuration WHERE Id = 'certificate-global'
      """
    ).split(separator: "|").map(String.init)
    let pfx = try #require(Data(base64Encoded: try open(row[1], row[2], key)))
    try pfx.write(to: folder.appending(path: "pfx"))
    try run(
      "openssl", "pkcs12", "-in", path("pfx"), "-passin", "pass:", "-nodes",
      "-out", path("pem"))
    let fingerprint = try run(
      "openssl", "x509", "-in", path("pem"), "-noout", "-fingerprint", "-sha1"
    ).text
    #expect(fingerprint.replacing(":", with: "").hasSuffix("=\(row[0])"))
    #expect(try String(contentsOfFile: path("pem"), encoding: .utf8).contains("PRIVATE KEY"))
  }

  @Test func foreignAndDamagedValuesDoNotOpen() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = Data(repeating: 5, count: 16)
    let store = try make(
      "odd.db", "--documents", "200", "--key", key.base64EncodedString(), "--foreign", "3",
      "--damaged", "4")
    let odd = try sqlite(
      store,
      """
      SELECT json_extract(v.value, '$.Value') FROM VariableSet d, json_each(d.JSON, '$.Variables') v
      WHERE json_extract(v.value, '$.Name') GLOB 'Foreign.*'
      OR json_extract(v.value, '$.Name') GLOB 'Damaged.*'
      """
    ).split(separator: "\n")
    #expect(odd.count == 7)
    for value in odd {
      let halves = value.split(separator: "|").map(String.init)
      #expect(throws: Outside.Failed.self) { try open(halves[0], halves[1], key) }
    }
  }

  @Test func aNodeFolderHoldsTheKeyUnderItsMachineID() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = Data(repeating: 9, count: 32).base64EncodedString()
    let node = path("node")
    try run(
      "python3", samples("make_node.py"), "--documents", "30", "--key", key, node)
    let config = "\(node)/OctopusServer.config"
    let mode = try FileManager.default.attributesOfItem(atPath: config)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let bytes = try Data(contentsOf: URL(filePath: config))
    #expect(bytes.starts(with: [0xEF, 0xBB, 0xBF]) && bytes.last == UInt8(ascii: ">"))
    let sealed = try run(
      "xmllint", "--xpath",
      "string(//set[@key='Octopus.Storage.MasterKey'])", config
    ).text
    let machineID = try Data(contentsOf: URL(filePath: "\(node)/machine-id"))
    #expect(machineID.count == 33)
    let iv = Data("743677397A244326".utf8).base64EncodedString()
    #expect(try open(sealed, iv, machineID.prefix(32)) == Data("\"\(key)\"".utf8))
    #expect(try sqlite("\(node)/octopus.db", "PRAGMA integrity_check") == "ok")
  }

  @Test func nothingIsOverwritten() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let precious = folder.appending(path: "precious.db")
    try Data("precious".utf8).write(to: precious)
    #expect(throws: Outside.Failed.self) { try make("precious.db", "--documents", "1") }
    #expect(throws: Outside.Failed.self) {
      try run("python3", samples("make_node.py"), "--documents", "1", folder.path())
    }
    #expect(try Data(contentsOf: precious) == Data("precious".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()) == ["precious.db"])
  }
}

extension SampleStoreTests {
  /// A line of the output of `--plaintexts`.
  private struct Value: Decodable {
    let table, id: String
    let plaintext: Data?
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path() }

  private func samples(_ name: String) -> String {
    "\(repositoryPath)/samples/\(name)"
  }

  @discardableResult
  private func make(_ name: String, _ options: String...) throws -> String {
    try make(name, options)
  }

  private func make(_ name: String, _ options: [String]) throws -> String {
    try run("python3", [samples("make_store.py")] + options + [path(name)])
    return path(name)
  }

  private func values(_ name: String) throws -> [Value] {
    try Data(contentsOf: folder.appending(path: name)).split(separator: UInt8(ascii: "\n"))
      .map { try JSONDecoder().decode(Value.self, from: $0) }
  }

  private func sqlite(_ store: String, _ sql: String) throws -> String {
    try run("sqlite3", "-readonly", store, sql).text
  }

  /// Base64 ciphertext decrypted by openssl.
  private func open(_ ciphertext: String, _ iv: String, _ key: Data) throws -> Data {
    let file = folder.appending(path: UUID().uuidString)
    try #require(Data(base64Encoded: ciphertext)).write(to: file)
    let iv = try #require(Data(base64Encoded: iv)).hex
    return try run(
      "openssl", "enc", "-d", "-aes-\(key.count * 8)-cbc", "-K", key.hex, "-iv", iv,
      "-in", file.path())
  }

  @discardableResult
  private func run(_ program: String, _ arguments: String...) throws -> Data {
    try run(program, arguments)
  }

  @discardableResult
  private func run(_ program: String, _ arguments: [String]) throws -> Data {
    Data(try Outside.run([program] + arguments))
  }
}

extension Data {
  fileprivate var text: String {
    String(decoding: self, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  fileprivate var hex: String {
    map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  fileprivate init?(hex: String) {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == hex.count, digits.count % 2 == 0 else { return nil }
    self.init(
      stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
