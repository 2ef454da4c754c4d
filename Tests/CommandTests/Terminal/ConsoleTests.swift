// What goes to which stream, and in which form.

import ArgumentParser
import Foundation
import Native
import OctopusKeys
import Testing

@testable import octokey

@Suite struct ConsoleTests {
  /// What a console wrote to stdout and stderr.
  private func seen(
    quiet: Bool = false, _ body: (Console) throws -> Void
  ) rethrows -> (output: String, errors: String) {
    let (output, errors) = (Pipe(), Pipe())
    try body(
      Console(
        quiet: quiet, mayAsk: false,
        output: ByteOutput(descriptor: output.fileHandleForWriting.fileDescriptor),
        errors: ByteOutput(descriptor: errors.fileHandleForWriting.fileDescriptor)))
    try? output.fileHandleForWriting.close()
    try? errors.fileHandleForWriting.close()
    func text(_ pipe: Pipe) -> String {
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
    return (text(output), text(errors))
  }

  @Test func dataAndWordsGoApart() {
    let seen = seen { console in
      console.print("a line")
      console.print(raw: "{\n}\n")
      console.note("a note")
      console.warning("a warning", hint: "an advice")
      console.failure(Failure("a failure", hint: "another"))
    }
    #expect(seen.output == "a line\n{\n}\n")
    #expect(
      seen.errors == """
        octokey: a note
        octokey: warning: a warning
        octokey: hint: an advice
        octokey: a failure
        octokey: hint: another

        """)
  }

  @Test func quietLeavesWarningsAndFailures() {
    let seen = seen(quiet: true) { console in
      console.note("a note")
      console.warning("a warning")
      console.failure(Failure("a failure"))
      console.print("data")
    }
    #expect(seen.errors == "octokey: warning: a warning\noctokey: a failure\n")
    #expect(seen.output == "data\n")
  }

  @Test func aTableCannotSpeakForUs() {
    let table = "x\u{1b}[2J\noctokey: all is well"
    let seen = seen { console in
      console.print("\(table) 5")
      console.note("reading \(table)")
      console.warning(table, hint: table)
      console.failure(
        Failure(
          describing: StoreError.obstacle(
            location: "/x", collection: table, .triggers([table]))))
    }
    for text in [seen.output, seen.errors] {
      #expect(!text.contains("\u{1b}"))
      #expect(!text.contains("\noctokey: all"))
      #expect(text.contains("x\\u{1b}[2J\\noctokey: all is well"))
    }
  }

  @Test func aFullStdoutIsToldAtTheEnd() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let console = Console(
      quiet: false, mayAsk: false, output: ByteOutput(descriptor: full.fileDescriptor))
    console.print("x")
    #expect(console.outputFailure == .system(call: "write", path: "", errno: ENOSPC))
  }

  /// The shapes that the vendor's scripts read: the last line, or `.MasterKey`. The fingerprint is
  /// what `openssl dgst -sha256` makes of the same bytes.
  @Test(arguments: [
    (["--format=text"], "MDEyMzQ1Njc4OTAxMjM0NQ==\n"),
    (["--format=JSON"], "{\"MasterKey\": \"MDEyMzQ1Njc4OTAxMjM0NQ==\"}\n"),
    (["--fingerprint"], "SHA256:GEqkbYE0EXJ9oNyeZBhruZByibWqtLMg0m//XqRdjj0\n"),
  ])
  func theKeyIsShown(_ arguments: [String], _ expected: String) throws {
    let command = try ShowMasterKey.parse(arguments)
    let key = try MasterKey(base64: Array("MDEyMzQ1Njc4OTAxMjM0NQ==".utf8).span, source: "test")
    let seen = try seen { try command.show(key, on: $0) }
    #expect(seen.output == expected)
    #expect(seen.errors.isEmpty)
  }
}

@Suite struct OptionsTests {
  private func context(_ environment: [String: String] = [:], in folder: String = "/w") -> Context {
    Context(
      command: "verify", console: Console(quiet: true, mayAsk: false), clock: .system(),
      environment: environment,
      workingDirectory: .success(folder))
  }

  @Test func whereAKeyComesFrom() throws {
    let environment = ["OCTOKEY_MASTER_KEY_FILE": "/env.key"]
    func source(_ arguments: [String], _ environment: [String: String] = [:]) throws -> KeySource? {
      try KeyOptions.parse(arguments).source(context(environment))
    }
    #expect(try source(["--key-file", "a"], environment) == .file("a"))
    #expect(try source(["--key-file", "-"]) == .standardInput)
    #expect(try source(["--master-key=X"], environment) == .value("X"))
    #expect(try source([], environment) == .file("/env.key"))
    #expect(try source([], ["OCTOKEY_MASTER_KEY_FILE": ""]) == nil)
    #expect(try source([]) == nil)
  }

  @Test(arguments: [
    ("Blob.Data=ciphertext", "Blob.Data", BinaryColumn.Contents.ciphertext),
    ("dbo.Blob.Data=PLAIN", "dbo.Blob.Data", .plain),
    ("A=B.C=plain", "A=B.C", .plain),
  ])
  func aBinaryColumn(_ text: String, _ name: String, _ contents: BinaryColumn.Contents) throws {
    let rule = try #require(BinaryColumn(argument: text))
    #expect(rule.name == name)
    #expect(rule.contents == contents)
  }

  @Test(arguments: ["", "Blob", "Blob=plain", "Blob.Data", "Blob.Data=", ".D=plain", "T.=plain"])
  func noBinaryColumn(_ text: String) {
    #expect(BinaryColumn(argument: text) == nil)
  }

  @Test func keySizes() {
    #expect(KeySize(argument: "128")?.size == .bits128)
    #expect(KeySize(argument: "256")?.size == .bits256)
    for text in ["192", "16", "", "0x80"] { #expect(KeySize(argument: text) == nil) }
  }

  @Test func stampsAreInUTC() {
    let date = Date(timeIntervalSince1970: 1_795_428_900.75)
    #expect(TimeStamp.forFileName(date) == "20261123T101500Z")
    #expect(TimeStamp.forText(date) == "2026-11-23T10:15:00Z")
  }

  @Test func pathsAreMadeAbsolute() throws {
    #expect(try context().absolutePath("a/b") == "/w/a/b")
    #expect(try context().absolutePath("/a") == "/a")
    #expect(try context(in: "/").absolutePath("a") == "/a")
  }
}
