// SHA-256 and HMAC-SHA256 over libcrypto. A context is made once and restarted for each message:
// fetching the algorithm costs more than hashing a short text.

internal import CLibCrypto
internal import Glibc

@safe
package final class Digest {
  package static let length = 32

  private let context: OpaquePointer  // owned
  private let algorithm: OpaquePointer  // owned

  package init() throws(NativeError) {
    guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
      throw cryptoFailure("EVP_MD_fetch")
    }
    guard let context = unsafe EVP_MD_CTX_new() else {
      unsafe EVP_MD_free(algorithm)
      throw cryptoFailure("EVP_MD_CTX_new")
    }
    unsafe self.algorithm = algorithm
    unsafe self.context = context
    try restart()
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_free(algorithm)
  }

  package func restart() throws(NativeError) {
    guard unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
      throw cryptoFailure("EVP_DigestInit_ex2")
    }
  }

  package func update(_ bytes: Span<UInt8>) throws(NativeError) {
    let done = unsafe bytes.withUnsafeBufferPointer {
      unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
    }
    guard done == 1 else { throw cryptoFailure("EVP_DigestUpdate") }
  }

  /// Writes the 32 bytes of the digest over the start of `result`. `restart` begins the next message.
  package func finish(into result: inout [UInt8]) throws(NativeError) {
    precondition(result.count >= Digest.length)
    let done = unsafe result.withUnsafeMutableBufferPointer {
      unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
    }
    guard done == 1 else { throw cryptoFailure("EVP_DigestFinal_ex") }
  }

  private func finish() throws(NativeError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: Digest.length)
    try finish(into: &result)
    return result
  }

  package static func sha256(_ bytes: Span<UInt8>) throws(NativeError) -> [UInt8] {
    let digest = try Digest()
    try digest.update(bytes)
    return try digest.finish()
  }

  /// SHA-256 of the regular file at `path`, of any size. Symbolic links are not followed.
  ///
  /// - Parameter ignored: bytes among the first 4096 that count as zeros.
  /// - Throws: `NativeError.notAFile` or `.system`.
  package static func sha256(
    file path: String, ignoring ignored: [Range<Int>] = []
  ) throws(NativeError) -> [UInt8] {
    let parts = FilePath(path)
    let file = try Descriptor.folder(of: parts).open(parts, O_RDONLY)
    guard try file.status().kind == .regular else { throw .notAFile(path: path) }
    let digest = try Digest()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var isStart = true
    while true {
      var span = buffer.mutableSpan
      let count = try file.read(into: &span, from: 0)
      if count == 0 { break }
      if isStart { for range in ignored { for index in range { buffer[index] = 0 } } }
      isStart = false
      try digest.update(buffer.span.extracting(0..<count))
    }
    return try digest.finish()
  }

  /// MD5 of `bytes`, only for comparison with an MD5 made elsewhere.
  ///
  /// - Throws: `NativeError.crypto` where it is forbidden (FIPS).
  package static func md5(_ bytes: Span<UInt8>) throws(NativeError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 16)
    let done = unsafe bytes.withUnsafeBufferPointer { input in
      unsafe result.withUnsafeMutableBufferPointer {
        unsafe EVP_Digest(input.baseAddress, input.count, $0.baseAddress, nil, EVP_md5(), nil)
      }
    }
    guard done == 1 else { throw cryptoFailure("EVP_Digest") }
    return result
  }

  package static func hmac(
    key: borrowing SecretBytes, message: Span<UInt8>
  ) throws(NativeError) -> SecretBytes {
    var result = SecretBytes(count: length)
    let done = unsafe result.withMutableMemory { output in
      unsafe key.withMemory { key in
        unsafe message.withUnsafeBufferPointer {
          unsafe HMAC(
            EVP_sha256(), key.baseAddress, Int32(key.count), $0.baseAddress, $0.count,
            output.baseAddress, nil) != nil
        }
      }
    }
    guard done else { throw cryptoFailure("HMAC") }
    return result
  }
}

extension Array<UInt8> {
  /// Two lower-case digits a byte.
  package var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
