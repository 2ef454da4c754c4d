// Small databases after public reports about values that a rotation left behind. Their Master Key is 00 01 … 0F.

import Foundation
import Outside
import Testing

@Suite struct PublicReportTests {
  private static let variables = """
    CREATE TABLE VariableSet(Id TEXT PRIMARY KEY, JSON TEXT);
    INSERT INTO VariableSet VALUES
      ('vs-1','{"Variables": [{"Type": "Sensitive", "Value": "W6+kV5IBEmWYIopVs88f9g==|LBdDo5EwX782ffjk8Gn5+Q=="}]}'),
      ('vs-2','{"Variables": [{"Type": "Sensitive", "Value": "us0jdthWiy9ojt6JtFdWyw==|mHvKsBuSnrLAeHeyJCFckg=="}]}');
    """

  /// Plain columns of tables that have no JSON any more.
  static let plainColumns = """
    CREATE TABLE GitHubAppToken(Id TEXT PRIMARY KEY, UserId TEXT, AccessToken TEXT, RefreshToken TEXT);
    INSERT INTO GitHubAppToken VALUES('GitHubAppTokens-1','Users-1',
      '7YmsCC/SuuBCjjSIBEd+NQ==|7x/v9eX0JF6/laVe4k2fBQ==','kdrjaEbXMk4SlmlC3VXuaA==|oXuDCAweDkupAfJ6VFrfCw==');
    CREATE TABLE SigningKey(Id TEXT PRIMARY KEY, JSON TEXT, PrivateKey TEXT);
    INSERT INTO SigningKey VALUES('SigningKeys-1','{}','hz5cP52VajagOLyHuqQT2w==|O71kDZsujJY5dxzWxF150w==');
    """

  static let pipeTextInBlobs = """
    CREATE TABLE Blob(Id TEXT PRIMARY KEY, Blob BLOB);
    INSERT INTO Blob VALUES('Blobs-1',CAST('pDkUAsz6GBrERluf9lqZXA==|+XxdKZQb+xsv2rCHSQargg==' AS BLOB)),
      ('Blobs-2',CAST('DA+VZ7fRKDy8+j1tXDrrjA==|uKn3Fdu2T9XFbneDxoIKYQ==' AS BLOB));
    """

  /// Hashes of changed secrets, themselves encrypted.
  private static let hashes = """
    CREATE TABLE Event(Id TEXT PRIMARY KEY, Category TEXT, JSON TEXT);
    INSERT INTO Event SELECT 'Events-' || key, 'Modified',
      '{"ChangeDetails": {"Differences": [{"op": "replace", "path": "/Variables/0/Value", "value": "' || value || '"}]}}'
    FROM json_each('[
      "t3WY6p14uuMfi6XYmVBhvMpaiemmc2D6cBe9Jm9SsNcvLEuqoJWjnfPalFLJ0pMl|z80ghJXVZe9m59/5+Ydk2g==",
      "XrTlfNaS2nVNtDmsz4Y+fKWLAJbemP9jlrZr0BbRjh/3DnmhwJmHmasw+FaBnBbY|xMpCOKC5I4INzFCab3WEmw==",
      "QQwJe8tAun7H+2D6xB2CqhrsHHxs0WXZKr0Mrja80bgrN4/cGuwprcVHs3LceYoO|yB5yjZ1ML2NvBn+JzBSGLA=="]');
    """

  private func node(_ script: String) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("rm octopus.db")
    try await node.sql(Self.variables + script)
    try await setKey(of: node)
    return node
  }

  private func setKey(of node: SampleNode) async throws {
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", "-", input: "AAECAwQFBgcICQoLDA0ODw==\n")
    #expect(set.status == 0, "\(set.stderr)")
  }

  /// How many values of a dump each of two keys decrypts, by Python: the padding and nothing else, so that a wrong key
  /// may have one.
  private func decrypted(_ node: SampleNode) async throws -> (old: Int, new: Int) {
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    let script = """
      import base64, re, sqlite3, sys
      sys.path.insert(0, sys.argv[1])
      from sample_store.values import Cipherer
      counts = []
      for key in 'AAECAwQFBgcICQoLDA0ODw==', sys.argv[2]:
          cipher, count = Cipherer(base64.b64decode(key)), 0
          for line in sqlite3.connect('octopus.db').iterdump():
              line = re.sub("X'([0-9A-F]*)'", lambda m: bytes.fromhex(m[1]).decode('latin-1'), line)
              for a, b in re.findall(r'([A-Za-z0-9+/=]{24,})[|]([A-Za-z0-9+/=]{24})', line):
                  count += cipher.opens(base64.b64decode(b), base64.b64decode(a))
          counts.append(count)
      print(*counts)
      """
    let found = try await OctokeyProgram.runProgram(
      "python3", ["-c", script, repositoryPath + "/samples", String(key)], directory: node.folder)
    let counts = found.stdout.split(separator: " ").compactMap { Int($0.filter(\.isNumber)) }
    #expect(counts.count == 2, "\(found.stdout) \(found.stderr)")
    return (counts.first ?? -1, counts.last ?? -1)
  }

  @Test(arguments: [(plainColumns, 5), (pipeTextInBlobs, 4)])
  func everyColumnIsLookedAt(_ script: String, _ values: Int) async throws {
    let node = try await node(script)
    let verified = try await node.octokey("verify")
    #expect(verified.status == 0, "\(verified.stdout)")
    #expect(verified.stdout.contains("all \(values) sensitive values in"))
    let rotated = try await node.octokey("rotate-master-key", "--yes")
    #expect(rotated.status == 0, "\(rotated.stderr)")
    let (old, new) = try await decrypted(node)
    #expect(new == values && old <= 1)
  }

  @Test func everySchemaIsLookedAt() async throws {
    let values = [
      "W6+kV5IBEmWYIopVs88f9g==|LBdDo5EwX782ffjk8Gn5+Q==",
      "1Tcg/whffdcNHstgBHV+mg==|ntOeLqkxWGtqmFppQu9XPg==",
    ]
    let node = try await PostgresNode(
      ["--documents", "30"],
      script: """
        DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        CREATE TABLE "VariableSet"("Id" text primary key,"JSON" text);
        INSERT INTO "VariableSet" VALUES('vs-1','{"Variables": [{"Type": "Sensitive", "Value": "\(values[0])"}]}');
        CREATE SCHEMA "Executions";
        CREATE TABLE "Executions"."DeploymentExecution"("Id" text primary key,"JSON" text);
        INSERT INTO "Executions"."DeploymentExecution"
          VALUES('x-1','{"State": {"SensitiveValue": "\(values[1])"}}');
        """)
    try await setKey(of: node.node)
    let verified = try await node.node.octokey("verify")
    #expect(
      verified.status == 0 && verified.stdout.contains("all 2 sensitive values"),
      "\(verified.stdout)")
    let rotated = try await node.node.octokey("rotate-master-key", "--yes")
    #expect(rotated.status == 0, "\(rotated.stderr)")
    #expect(try await node.node.octokey("verify").stdout.contains("all 2 sensitive values"))
    let texts = try node.database.run(
      "SELECT \"JSON\" FROM \"VariableSet\" UNION ALL SELECT \"JSON\" FROM \"Executions\".\"DeploymentExecution\""
    )
    #expect(texts.split(separator: "|").count == 3 && !values.contains { texts.contains($0) })
  }

  @Test func bytesInAuditEntriesAreNamedAndCanBeAccepted() async throws {
    let node = try await node(Self.hashes)
    let place = "Event.ChangeDetails.Differences[].value"
    let named = try await node.octokey("verify")
    #expect(
      named.status == 2 && named.stdout.contains("--accept-binary '\(place)'"), "\(named.stdout)")
    let refused = try await node.octokey("rotate-master-key", "--yes")
    #expect(refused.status == 1 && refused.stderr.contains("--accept-binary"), "\(refused.stderr)")
    #expect(try await decrypted(node).old == 5)
    let verified = try await node.octokey("verify", "--accept-binary", place)
    #expect(verified.status == 0 && verified.stdout.contains("all 5 sensitive values"))
    #expect(verified.stdout.contains("3 values at \(place)"), "\(verified.stdout)")
    // Whoever decides it decides it for the recovery, too.
    try await node.interruptRotation("renameat", 1, "--accept-binary '\(place)'")
    #expect(try await node.octokey("recover").status == 0)
    let (old, new) = try await decrypted(node)
    #expect(new == 5 && old <= 1)
  }

  @Test func aFourthHashDecides() async throws {
    let node = try await node(Self.hashes)
    try await node.shell(
      """
      sealed=$(head -c 32 /dev/urandom | openssl enc -aes-128-cbc -K 000102030405060708090a0b0c0d0e0f \\
        -iv 00112233445566778899aabbccddeeff | base64 -w 0)
      sqlite3 octopus.db "INSERT INTO Event SELECT 'Events-3', Category, json_set(JSON,
        '$.ChangeDetails.Differences[0].value', '$sealed|ABEiM0RVZneImaq7zN3u/w==') FROM Event
        WHERE Id = 'Events-0'"
      """)
    let verified = try await node.octokey("verify")
    #expect(
      verified.status == 0 && verified.stdout.contains("all 6 sensitive"), "\(verified.stdout)")
    let rotated = try await node.octokey("rotate-master-key", "--yes")
    #expect(rotated.status == 0 && rotated.stdout.contains("4 values at"), "\(rotated.stderr)")
    let (old, new) = try await decrypted(node)
    #expect(new == 6 && old <= 1)
  }
}
