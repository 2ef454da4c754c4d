// What a fuzzer is, and which there are.

import Glibc

/// One format: how to read an input as it, and what must hold then.
protocol Fuzzer: Sendable {
  /// Once, before the first input.
  static func prepare()
  /// Runs octokey's code on the input, and nothing else: it must take linear time.
  static func work(_ input: [UInt8])
  /// An input like this one of some `size` bytes, for `work`.
  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8]
  /// Fails unless octokey treats the input as it must. An error that is thrown is a failure, too.
  static func check(_ input: [UInt8]) throws
}

extension Fuzzer {
  static func prepare() {}
  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] { repeated(input, to: size) }
}

/// The input again and again.
func repeated(_ input: [UInt8], to size: Int) -> [UInt8] {
  guard !input.isEmpty else { return [] }
  return Array(repeatElement(input, count: max(1, size / input.count)).joined())
}

let allFuzzers: [String: any Fuzzer.Type] = [
  "config": NodeConfigFuzzer.self,
  "values": ValueFuzzer.self,
  "fields": FieldFuzzer.self,
  "key-file": KeyFileFuzzer.self,
  "journal": JournalFuzzer.self,
  "ado-net": ConnectionStringFuzzer.self,
  "odbc": ODBCConnectionStringFuzzer.self,
  "gzip": GzipFuzzer.self,
  "manifest": ManifestFuzzer.self,
  "encrypted-file": EncryptedFileFuzzer.self,
  "reports": ReportFuzzer.self,
  "schema": SchemaFuzzer.self,
]

/// Says what is wrong, and ends the process in a way that makes libFuzzer keep the input.
func fail(_ message: String) -> Never {
  say("FUZZ FAILURE: \(message)")
  abort()
}

/// A line on standard error.
func say(_ message: String) {
  let line = Array((message + "\n").utf8)
  _ = write(STDERR_FILENO, line, line.count)
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fail(message()) }
}

/// The parts of an input that has lines of `====` between them. The last part is the rest; parts that are missing in front of it
/// are nil.
func parts(_ input: [UInt8], _ count: Int) -> [[UInt8]?] {
  let mark = Array("\n====\n".utf8)
  var parts: [[UInt8]?] = []
  var rest = input[...]
  while parts.count < count - 1, let found = rest.firstRange(of: mark) {
    parts.append(Array(rest[..<found.lowerBound]))
    rest = rest[found.upperBound...]
  }
  return parts + Array(repeating: nil, count: count - 1 - parts.count) + [Array(rest)]
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// A folder for the files of this process, in memory where that is possible.
enum Scratch {
  static let folder: String = {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/octokey-fuzz-XXXXXX\0".utf8CString)
    guard mkdtemp(&template) != nil else { fail("cannot make a folder in \(parent)") }
    atexit {
      for name in Scratch.names { unlink(Scratch.folder + "/" + name) }
      rmdir(Scratch.folder)
    }
    return String(
      decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  static let names = ["octokey-journal.json", "report.json", "store.db", "store.db-journal"]

  static func write(_ name: String, _ contents: [UInt8]) -> String {
    let path = folder + "/" + name
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    require(descriptor >= 0, "cannot make \(path)")
    require(Glibc.write(descriptor, contents, contents.count) == contents.count, "cannot write")
    close(descriptor)
    return path
  }
}
