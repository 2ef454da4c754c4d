// The input is a gzip file, or with a first byte below 0x10 contents to be packed; the second byte is then a limit.
//
// Oracle: what is unpacked is what a slow inflate unpacks, and what that refuses is refused. What is packed is unpacked again,
// by both. A limit is kept: never more bytes than that.

@testable import Native

enum GzipFuzzer: Fuzzer {
  private static let limit = 1 << 16
  private nonisolated(unsafe) static let gzip = Gzip()

  static func work(_ input: [UInt8]) {
    var output: [UInt8] = []
    try? gzip.unpack(input.span, limit: limit, appendingTo: &output)
    output = []
    gzip.pack(input.span, appendingTo: &output)
  }

  static func check(_ input: [UInt8]) throws {
    guard let first = input.first, first < 0x10 else { return check(input, limit: limit) }
    let contents = Array(input.dropFirst())
    var packed: [UInt8] = []
    gzip.pack(contents.span, appendingTo: &packed)
    require(Gzip.begins(packed.span), "it does not begin like gzip")
    require(try InflateReference.unpack(packed, limit: .max) == contents, "packed otherwise")
    check(packed, limit: limit)
    check(packed + packed, limit: Int(contents.first ?? 0))
  }

  private static func check(_ file: [UInt8], limit: Int) {
    // Something is there already, and must stay.
    var output: [UInt8] = [1, 2, 3]
    var fault: NativeError?
    do throws(NativeError) {
      try gzip.unpack(file.span, limit: limit, appendingTo: &output)
    } catch {
      fault = error
    }
    require(output.starts(with: [1, 2, 3]), "what was there is gone")
    output.removeFirst(3)
    require(output.count <= limit, "\(output.count) bytes, and the limit is \(limit)")
    do {
      let expected = try InflateReference.unpack(file, limit: limit)
      require(
        fault == nil && output == expected, "unpacked otherwise: \(String(describing: fault))")
    } catch InflateReference.Fault.tooLarge {
      require(fault != nil, "more than the limit")
    } catch {
      require(fault != nil, "unpacked, although \(error)")
    }
  }
}
