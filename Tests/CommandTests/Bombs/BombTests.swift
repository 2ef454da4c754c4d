// Values that cost far more to open than to store: certificates that ask for billions of iterations, and
// packed documents that unpack to a gigabyte.

import Foundation
import Outside
import Testing

@Suite struct BombTests {
  /// Puts another certificate into the node's document, encrypted as the others are, by Python and openssl.
  /// `patch` changes `file`, the bytes of a PKCS #12 file without a password.
  private func plant(_ patch: String, in node: SampleNode) async throws {
    try await node.shell(
      """
      "$OCTOKEY" show-master-key --machine-id-file machine-id >key
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 9 \
        -keyout k.pem -out c.pem 2>/dev/null
      openssl pkcs12 -export -inkey k.pem -in c.pem -passout pass: -iter 3333 -maciter \
        -keypbe AES-256-CBC -certpbe AES-256-CBC -out old.pfx
      cat >plant.py <<'END'
      import base64, json, re, secrets, sqlite3
      from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
      file = open("old.pfx", "rb").read()
      # The number of iterations, wherever it is, in as many bytes.
      def counts(number, only=None):
        places = [m.start() for m in re.finditer(re.escape(b"\\x02\\x02\\x0d\\x05"), file)]
        assert len(places) == 3, places
        data = bytearray(file)
        for place in places if only is None else [places[only]]:
          data[place + 2:place + 4] = number.to_bytes(2, "big")
        return bytes(data)
      def huge(data):
        # 0x0d05 in two bytes becomes 2^31 - 1 in four: every length around it grows by two.
        def element(data, at):
          length, head = data[at + 1], 2
          if length & 0x80:
            head = 2 + (length & 0x7f)
            length = int.from_bytes(data[at + 2:at + head], "big")
          return head, length
        def encode(tag, body):
          size = len(body)
          if size < 128: return bytes([tag, size]) + body
          digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
          return bytes([tag, 0x80 | len(digits)]) + digits + body
        def rebuild(data):
          result, at = b"", 0
          while at < len(data):
            head, length = element(data, at)
            tag, body = data[at], data[at + head:at + head + length]
            if tag == 2 and body == b"\\x0d\\x05": body = b"\\x7f\\xff\\xff\\xff"
            elif tag & 0x20: body = rebuild(body)
            elif tag == 4 and body[:1] == b"\\x30":
              try:
                if sum(element(body, 0)) == len(body): body = rebuild(body)
              except IndexError: pass
            result += encode(tag, body)
            at += head + length
          return result
        return rebuild(data)
      \(patch)
      key = base64.b64decode(open("key").read())
      vector, text = secrets.token_bytes(16), base64.b64encode(file)
      text += bytes([16 - len(text) % 16]) * (16 - len(text) % 16)
      work = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
      value = base64.b64encode(work.update(text) + work.finalize()) + b"|" + base64.b64encode(vector)
      store = sqlite3.connect("octopus.db")
      [(name, document)] = store.execute(
        "SELECT Id, JSON FROM Configuration WHERE Id LIKE 'certificate-%'").fetchall()[:1]
      # Base64 of a file is longer than anything else in the document.
      document = re.sub(r'[A-Za-z0-9+/=]{1000,}\\|[A-Za-z0-9+/=]{24}', value.decode(), document)
      assert value.decode() in document
      store.execute("UPDATE Configuration SET JSON = ? WHERE Id = ?", (document, name))
      store.commit()
      END
      /usr/bin/python3 plant.py 2>/dev/null || python3 plant.py
      """)
  }

  @Test func aCertificateThatAsksForBillionsOfIterationsIsNotOpened() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await plant("file = huge(file)", in: node)
    let made = try await node.shell(
      "time -p timeout 20 \"$OCTOKEY\" backup create --no-passphrase --to backup "
        + "--machine-id-file machine-id 2>&1")
    #expect(
      made.contains(
        "Certificate:  not copied: its key derivations need more than 600000 iterations"), "\(made)"
    )
    let drill = try await node.shell("timeout 20 \"$OCTOKEY\" backup verify backup 2>&1")
    #expect(drill.contains("the certificate in the store was not copied"), "\(drill)")
    #expect(drill.contains("600000"), "\(drill)")
    // Its value is text like any other.
    let rotated = try await node.shell(
      "timeout 20 \"$OCTOKEY\" rotate-master-key --yes --machine-id-file machine-id 2>&1")
    #expect(
      rotated.contains("re-encrypted, but not read: its key derivations need more than 600000"),
      "\(rotated)")
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test(arguments: [
    // As much as .NET takes, and the checksum is wrong then: nothing else is derived.
    ("file = counts(0x7fff)", "its checksum does not match"),
    ("file = file[:-60] + bytes(60)", "not copied: "),
    (
      "file = file.replace(b'\\x06\\x09\\x2a\\x86\\x48\\x86\\xf7\\x0d\\x01\\x05\\x0c', "
        + "b'\\x06\\x09\\x2b\\x06\\x01\\x04\\x01\\xda\\x47\\x04\\x0b')",
      "more than 600000 iterations"
    ),
  ])
  func aCertificateThatIsNotOpenedIsExplained(_ patch: String, _ words: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await plant(patch, in: node)
    let made = try await node.shell(
      "timeout 20 \"$OCTOKEY\" backup create --no-passphrase --to backup "
        + "--machine-id-file machine-id 2>&1")
    #expect(made.contains(words), "\(made)")
  }

  @Test func aCertificateOfUsualCostIsOpened() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await plant("pass", in: node)
    let thumbprint = try await node.shell(
      "openssl x509 -in c.pem -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'")
    let made = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
    #expect(made.stdout.contains("Certificate:  " + thumbprint.dropLast()), "\(made.stdout)")
    #expect(
      try await OctokeyProgram.run(["backup", "verify", node.folder + "/backup"]).status == 0)
  }

  /// A document in a packed column that unpacks to so many bytes.
  private func pack(_ megabytes: Int, into node: SampleNode) async throws {
    try await node.shell(
      """
      cat >pack.py <<'END'
      import gzip, io, sqlite3
      output = io.BytesIO()
      with gzip.GzipFile(fileobj=output, mode="wb") as file:
        file.write(b'{"a": "')
        for _ in range(\(megabytes)): file.write(b" " * (1 << 20))
        file.write(b'"}')
      store = sqlite3.connect("octopus.db")
      store.execute("CREATE TABLE Bomb (Id TEXT PRIMARY KEY NOT NULL, JSONBlob BLOB)")
      store.execute("INSERT INTO Bomb VALUES ('bomb-1', ?)", (output.getvalue(),))
      store.commit()
      END
      python3 pack.py
      """)
  }

  @Test func aPackedGigabyteIsAFindingAndTakesNoMemory() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await pack(1024, into: node)
    let verified = try await node.shell(
      """
      cat >peak.py <<'END'
      import os, subprocess, sys
      child = subprocess.Popen(sys.argv[1:])
      _, status, usage = os.wait4(child.pid, 0)
      print("peak", usage.ru_maxrss >> 10, "status", os.WEXITSTATUS(status))
      END
      python3 peak.py "$OCTOKEY" verify --machine-id-file machine-id
      python3 peak.py "$OCTOKEY" rotate-master-key --yes --machine-id-file machine-id 2>&1
      """)
    let peaks = verified.matches(of: /peak (\d+) status (\d+)/)
    #expect(peaks.map { String($0.2) } == ["2", "1"], "\(verified)")
    #expect(peaks.allSatisfy { Int($0.1) ?? .max < 400 }, "\(verified)")
    #expect(
      verified.contains("Bomb bomb-1: JSONBlob: unpacks to more than 128 MiB"), "\(verified)")
  }

  @Test func aLargePackedDocumentIsRead() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await pack(100, into: node)
    #expect(try await node.octokey("verify").status == 0)
  }
}
