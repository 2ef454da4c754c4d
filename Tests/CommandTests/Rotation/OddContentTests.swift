// Rotations of stores with unusual content: what can be rotated is, what cannot is
// named and left unchanged.

import Foundation
import Outside
import Testing

@Suite struct OddContentTests {
  /// Makes documents for a separate table; openssl encrypts and decrypts the values.
  ///
  /// A document is named after what is unusual about it; `values` are its plaintexts in order.
  private static let source = #"""
    import base64, json, os, re, sqlite3, subprocess, sys

    def openssl(way, key, iv, data):
      return subprocess.run(
        ["openssl", "enc", way, "-aes-%d-cbc" % (len(key) * 8), "-K", key.hex(), "-iv", iv.hex()],
        input=data, capture_output=True, check=True).stdout

    def seal(text, key):
      iv = os.urandom(16)
      data = openssl("-e", key, iv, text.encode())
      return base64.b64encode(data).decode() + "|" + base64.b64encode(iv).decode()

    def key_of(file):
      lines = open(file).read().split("\n")
      return base64.b64decode([line for line in lines if line and line[0] != "#"][0])

    def documents(key):
      v = lambda text: seal(text, key)
      escaped = lambda text: "".join("\\u%04x" % ord(c) if not c.isalnum() else c for c in text)
      yield "empty", b"", []
      yield "null", None, []
      yield "duplicate-keys", ('{"A":"%s", "A" : "%s","a":1e5}' % (v("one"), v("two"))).encode(), ["one", "two"]
      yield "nesting", b'{"a":' * 5000 + b"[" * 5000 + b'"' + v("deep").encode() + b'"' + b"]" * 5000 + b"}" * 5000, ["deep"]
      filler = json.dumps({"x": "é" * 500, "n": [1.50, -0]}, ensure_ascii=False).encode()
      yield "20 MB", b"[" + b",".join([filler] * 20000) + b',"' + v("far").encode() + b'"]', ["far"]
      inner = json.dumps({"Secret": v("inside"), "Other": json.dumps([v("inside inside")])})
      yield "json-in-json", json.dumps({"Outer": inner, "Plain": "a|b"}).encode(), ["inside", "inside inside"]
      yield "escapes", ('{"A":"%s","B":"%s"}' % (escaped(v("escaped")), v("slashes").replace("/", "\\/"))).encode(), ["escaped", "slashes"]
      yield "white space", b'\r\n\t{ "A" :\t"' + v("").encode() + b'"\n}\r\n\r\n', [""]
      yield "only a value", b'"' + v("bare").encode() + b'"', ["bare"]
      yield "not json at all", b"no json, no value", []

    def fits(value, key):
      data, iv = (base64.b64decode(part) for part in value.split("|"))
      try: return bool(openssl("-d", key, iv, data)) or True
      except subprocess.CalledProcessError: return False

    def unopenable(make, keys):
      """One of what `make` makes that no padding check lets through."""
      value = make()
      while any(fits(value, key) for key in keys): value = make()
      return value.encode()

    def unreadable(*keys):
      random = lambda size: base64.b64encode(os.urandom(size)).decode()
      v = seal("lost", keys[0]).encode()
      other = unopenable(lambda: seal("another's", os.urandom(32)), keys)
      damaged = unopenable(lambda: random(32) + "|" + random(16), keys)
      letters = iter("ABCDEFGHIJKLMNOP")
      plain = lambda letter: base64.b64encode(letter.encode() * 16).decode()
      shape = unopenable(lambda: (text := plain(next(letters))) + "|" + text, keys)
      return {
        "damaged": b'{"A":[1,{"B":"' + damaged + b'"}]}',
        "third-key": b'{"A":"' + other + b'"}',
        "shape": b'{"A":"' + shape + b'"}',
        "invalid-utf-8": b'{"A":"' + v + b'","B":"\xff\xfe"}', "nul": b'{"A":"' + v + b'"}\0',
        "malformed": b'{"A":"' + v + b'",}', "cut": b'{"A":"' + v, "trailing": b'{"A":"' + v + b'"} x',
      }
    """#

  private func python(_ node: SampleNode, _ script: String) async throws -> String {
    try await node.shell("python3 - <<'END'\n\(Self.source)\n\(script)\nEND")
  }

  private func rotate(_ node: SampleNode, _ options: [String] = []) async throws -> Ending {
    try await OctokeyProgram.run(
      ["rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID, "--yes"]
        + options)
  }

  @Test(arguments: ["UTF-8", "UTF-16le"])
  func whatCanBeRotatedIs(encoding: String) async throws {
    let node = try await SampleNode(["--documents", "30", "--encoding", encoding])
    try await node.octokey("show-master-key").stdout.write(
      toFile: node.folder + "/old.key", atomically: false, encoding: .utf8)
    _ = try await python(
      node,
      """
      database = sqlite3.connect("octopus.db")
      database.execute("CREATE TABLE Odd (Id TEXT PRIMARY KEY, JSON TEXT, Expected TEXT)")
      for name, text, values in documents(key_of("old.key")):
        database.execute(
          "INSERT INTO Odd VALUES (?, ?, ?)",
          (name, None if text is None else text.decode(), json.dumps(values)))
      database.commit()
      database.execute("VACUUM INTO 'before.db'")
      """)
    let result = try await rotate(node)
    #expect(result.status == 0, "\(result.stderr)")
    let keyFile = try #require(try node.files("master-key-").first)
    let counts = try await python(
      node,
      #"""
      digits = r"(?:[A-Za-z0-9+/=]|\\u00[0-9a-f]{2}|\\+/)"
      value = re.compile("(" + digits + r"{24,}?)(\||\\u007c)(" + digits + "{24})")
      plain = lambda text: re.sub(r"\\u00(..)", lambda m: chr(int(m[1], 16)), text).replace("\\", "")
      read = lambda file: sqlite3.connect(file).execute("SELECT * FROM Odd ORDER BY Id").fetchall()
      opened = same = 0
      for old, new in zip(read("before.db"), read("octopus.db"), strict=True):
        assert old[0] == new[0] and old[2] == new[2]
        if old[1] is None: assert new[1] is None; continue
        assert value.sub("#", old[1]) == value.sub("#", new[1]), old[0]
        found = [(plain(m[1]), plain(m[3])) for m in value.finditer(new[1])]
        texts = [
          openssl("-d", key_of("\#(keyFile)"), base64.b64decode(iv), base64.b64decode(data)).decode()
          for data, iv in found]
        assert texts == json.loads(old[2]), (old[0], texts)
        opened += len(texts)
        same += old[1] == new[1]
      print(opened, same)
      """#)
    #expect(counts == "10 2\n", "values that open with the new key, and texts without one")
  }

  /// The reported location and reason of each.
  private static let odd = [
    "damaged": "A[1].B (byte 14): has the shape of a sensitive value, but decrypts with no key",
    "third-key": "A (byte 6): has the shape of a sensitive value, but decrypts with no key",
    "shape": "A (byte 6): has the shape of a sensitive value, but decrypts with no key",
    "invalid-utf-8":
      "A (byte 6): a text that is not valid UTF-8, and has or may have a sensitive value in it",
    "nul": "A (byte 6): a sensitive value in a text that is not valid JSON",
    "malformed": "A (byte 6): a sensitive value in a text that is not valid JSON",
    "cut": "byte 6: a sensitive value in a text that is not valid JSON",
    "trailing": "A (byte 6): a sensitive value in a text that is not valid JSON",
  ]

  @Test(arguments: odd.keys.sorted())
  func whatCannotBeRotatedIsNamedAndStays(_ name: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.octokey("show-master-key").stdout.write(
      toFile: node.folder + "/old.key", atomically: false, encoding: .utf8)
    _ = try await OctokeyProgram.run(["new-master-key", node.folder + "/new.key"])
    _ = try await python(
      node,
      """
      text = unreadable(key_of("old.key"), key_of("new.key"))["\(name)"]
      database = sqlite3.connect("octopus.db")
      database.execute("CREATE TABLE Odd (Id TEXT PRIMARY KEY, JSON TEXT)")
      database.execute("INSERT INTO Odd VALUES ('Odd-7', CAST(? AS TEXT))", (text,))
      database.commit()
      """)
    let text = try await node.sql("SELECT hex(JSON) FROM Odd")
    let sums = "sha256sum octopus.db OctopusServer.config; ls -A"
    let before = try await node.shell(sums)

    let newKey = ["--new-key-file", node.folder + "/new.key"]
    let refused = try await rotate(node, newKey)
    #expect(refused.status == 1, "\(refused.stdout)")
    #expect(refused.stderr.contains("Odd Odd-7: JSON at " + (Self.odd[name] ?? "?")))
    #expect(refused.stderr.contains("--skip-unreadable"))
    #expect(refused.stdout.isEmpty)
    #expect(try await node.shell(sums) == before, "nothing was changed")

    let left = try await rotate(node, newKey + ["--skip-unreadable"])
    #expect(left.status == 2, "\(left.stderr)")
    #expect(left.stdout.contains("\n1/31 documents were left unchanged due to errors\n"))
    #expect(left.stdout.contains("Odd Odd-7"), "\(left.stdout)")
    #expect(try await node.sql("SELECT hex(JSON) FROM Odd") == text, "as it was")
    let verify = try await node.octokey("verify")
    #expect(verify.status == 2 && verify.stdout.contains("Odd"), "\(verify.stdout)")
  }
}
