// Every pass is linear in the bytes: twice the document takes twice the time, whatever is in it. Measured
// as the processor time of the program, so that a busy machine does not matter.

import Foundation
import Outside
import Testing

@Suite struct LinearTimeTests {
  /// The shapes by name, with a first size: Python expressions in which `n` is the size, `V` a value that
  /// decrypts, and `D` a damaged one.
  static let shapes: [(name: String, size: Int, document: String)] = [
    ("damaged values", 4000, #"dumps({"a": [D] * n})"#),
    ("values under another key", 4000, #"dumps({"a": [F] * n})"#),
    ("quoted values", 4000, #"dumps({"a": ["see " + V + " there"] * n})"#),
    ("quoted values in one string", 4000, #"dumps({"a": "\n".join([V] * n)})"#),
    ("values that break off", 4000, #"'{"a": ' + " ".join('"' + V + '"' for _ in range(n))"#),
    ("closing braces", 200_000, #""}" * n"#),
    ("opening braces", 200_000, #""{" * n"#),
    ("opening brackets", 200_000, #""[" * n"#),
    ("deep places for values", 10_000, #"'{"SensitiveValue":"x","a":' * n + "1" + "}" * n"#),
    (
      "long names around places", 3_000,
      #"'{"' + "k" * 20 * n + '":[' + '{"Password":"x"},' * n + "1]}""#
    ),
    ("bars", 200_000, #""|" * n"#),
    ("escaped bars", 40_000, #""\\u007c" * n"#),
    ("escaped bars in a string", 40_000, #"'{"a":"' + "\\u007c" * n + '"}'"#),
    ("base64 and escaped bars", 20_000, #""AAAAu007c" * n"#),
    ("backslashes and bars", 40_000, #""\\" * n + "u007c" * n"#),
    ("padding and bars", 100_000, #""=" * n + "|" * n"#),
    ("base64", 200_000, #""A" * n + "|" + "A" * 24"#),
    ("quotes", 200_000, "'\"' * n"),
    ("one huge string", 200_000, #"dumps({"a": "\n" * n + V})"#),
    ("a long name", 2000, #"dumps({"k" * n: [D] * n})"#),
    ("values in JSON in a string", 4000, #"dumps({"a": dumps({"b": [D] * n})})"#),
    ("six levels of strings", 100, #"nested(6, dumps(["x " + V + " x"] * n))"#),
    ("plain text in places for values", 4000, #"dumps({"a": [{"SensitiveValue": "x"}] * n})"#),
  ]

  @Test(arguments: shapes.map(\.name))
  func timeGrowsAsTheDocumentDoes(_ name: String) async throws {
    let shape = try #require(LinearTimeTests.shapes.first { $0.name == name })
    let scratch = ScratchFolder()
    let program =
      LinearTimeTests.measure + """

        run(\(shape.size), lambda n: store(\(shape.document)), lambda folder: ["verify", "--store",
          "directory:" + folder + "/store", "--key-file", folder + "/key"])
        """
    let ending = try await OctokeyProgram.runProgram(
      "python3", ["-c", program], directory: scratch.path)
    #expect(ending.status == 0, "\(ending.stdout) \(ending.stderr)")
  }

  /// The evidence for `status --compare`: what is not a report costs neither time nor memory.
  @Test(arguments: [
    #""}" * n"#, #""}\n" * n"#, #""{}\n" * n"#, #""{" * n"#, #""[1,2],\n" * n"#,
    #"'{"command": "status"}\n' * (n // 20)"#,
  ])
  func whatIsNotAReportIsReadOnce(_ text: String) async throws {
    let scratch = ScratchFolder()
    let program =
      LinearTimeTests.measure + """

        run(400_000, lambda n: open("report", "w").write(\(text)) and ".",
          lambda folder: ["status", "--compare", folder + "/report"], memory=220)
        """
    let ending = try await OctokeyProgram.runProgram(
      "python3", ["-c", program], directory: scratch.path)
    #expect(ending.status == 0, "\(ending.stdout) \(ending.stderr)")
  }

  /// Node configs of up to 4 MB, in kilobytes; 16 MB is the largest that is read.
  @Test(arguments: [
    (
      "settings", 150,
      #"''.join('<set key="Octopus.Some.%07d">v</set>\n' % k for k in range(n * 25))"#
    ),
    ("one long setting", 1000, #"'<set key="A">' + "x" * n * 1000 + "</set>""#),
    ("comments", 1000, #""<!-- a comment -->\n" * n * 50"#),
    ("one comment", 1000, #""<!--" + "x" * n * 1000 + "-->""#),
    (
      "attributes", 200,
      #"("<set " + " ".join('a%d="v"' % k for k in range(300)) + "/>\n") * (n // 3)"#
    ),
    ("spaces in tags", 500, #"("<set" + " " * 50_000 + "/>\n") * (n // 50)"#),
    ("references", 300, #"'<set key="A">' + "&#x1;" * n * 200 + "</set>""#),
  ])
  func timeGrowsAsTheConfigDoes(_ name: String, _ size: Int, _ body: String) async throws {
    let scratch = ScratchFolder()
    let program =
      LinearTimeTests.measure + """

        def config(body):
          open(os.open("config", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w").write(
            '<?xml version="1.0" encoding="utf-8"?>\\n<octopus-settings>\\n' + body
            + '\\n<set key="Octopus.Server.NodeCache">a</set></octopus-settings>')
          return "config"
        for words in (["get"], ["set", "b"], ["check"]):
          run(\(size), lambda n: config(\(body)), lambda path: ["config", words[0], "--config", path,
            *(["Octopus.Server.NodeCache"] if words[0] != "check" else []), *words[1:]],
            status=(0, 2))
        """
    let ending = try await OctokeyProgram.runProgram(
      "python3", ["-c", program], directory: scratch.path)
    #expect(ending.status == 0, "\(ending.stdout) \(ending.stderr)")
  }

  /// `run` measures three sizes, and ends with 1 if one takes more than three times as long as the one
  /// before, or more than 20 seconds or so many MiB.
  private static let measure = #"""
    import base64, json, os, resource, secrets, subprocess, sys, tempfile
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    dumps, key = json.dumps, bytes(range(32))
    def value(key):
      vector = secrets.token_bytes(16)
      work = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
      text = work.update(b"secret-text" + bytes([5]) * 5) + work.finalize()
      return base64.b64encode(text).decode() + "|" + base64.b64encode(vector).decode()
    V, F = value(key), value(bytes(32))
    D = V[1:]
    def nested(depth, text):
      for _ in range(depth): text = dumps({"a": text})
      return text
    def store(text):
      folder = tempfile.mkdtemp(dir=".")
      os.makedirs(folder + "/store/Account")
      open(folder + "/store/Account/one.json", "w").write(text)
      open(folder + "/store/Account/two.json", "w").write(dumps({"a": V}))
      open(os.open(folder + "/key", os.O_CREAT | os.O_WRONLY, 0o600), "wb").write(
        base64.b64encode(key) + b"\n")
      return folder
    def run(size, make, command, memory=None, status=range(256)):
      before = None
      for n in (size, 2 * size, 4 * size):
        child = subprocess.Popen([os.environ["OCTOKEY"]] + command(make(n)),
          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)))
        _, ended, usage = os.wait4(child.pid, 0)
        took, kept = usage.ru_utime, usage.ru_maxrss >> 10
        print(n, "%.2f s" % took, kept, "MiB", ended)
        if not os.WIFEXITED(ended) or os.WEXITSTATUS(ended) not in status: sys.exit(1)
        if memory and kept > memory: sys.exit(1)
        # What is over in a moment says nothing.
        if before is not None and took > 0.3 and took > 3 * before: sys.exit(1)
        before = max(took, 0.05)
    """#
}
