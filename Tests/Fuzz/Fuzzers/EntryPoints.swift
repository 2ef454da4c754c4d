// Where libFuzzer comes in. Which fuzzer runs is said on the command line: `fuzz --target=NAME [FLAG...] FOLDER...`.

import Glibc

@testable import Native

/// The fuzzer of this run.
private nonisolated(unsafe) var fuzzer: any Fuzzer.Type = NodeConfigFuzzer.self
/// Whether every input is tried at a large size, too, and not only one in some hundred.
private nonisolated(unsafe) var enlargesAll = false

@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> Int32 {
  var name: String?
  // libFuzzer passes over options with two dashes.
  for index in 0..<Int(count.pointee) {
    let argument = String(cString: arguments.pointee[index])
    if argument.hasPrefix("--target=") { name = String(argument.dropFirst("--target=".count)) }
    if argument == "--enlarge" { enlargesAll = true }
  }
  guard let found = name.flatMap({ allFuzzers[$0] }) else {
    let names = allFuzzers.keys.sorted().joined(separator: " ")
    say("usage: fuzz --target=NAME [--enlarge] [libFuzzer's arguments]\ntargets: \(names)")
    exit(64)
  }
  fuzzer = found
  found.prepare()
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = Array(UnsafeBufferPointer(start: data, count: count))
  LinearTime.require(of: fuzzer, input)
  // By the contents, so that a found case is found again.
  var checksum = CRC32()
  checksum.update(input.span)
  if enlargesAll || checksum.value % 512 == 0 {
    LinearTime.requireEnlarged(of: fuzzer, input)
  }
  do {
    try fuzzer.check(input)
  } catch {
    fail("an error where there must be none: \(error)")
  }
  return 0
}
