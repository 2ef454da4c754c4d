// Keys and ciphertexts for tests, and a rotation in one call.

import Foundation
import Native
import Testing

@testable import OctopusKeys

func key(_ first: UInt8, bytes: Int = 16) throws -> MasterKey {
  let raw = (0..<bytes).map { first &+ UInt8($0) }
  let secret = SecretBytes(copying: raw.span)
  return try MasterKey(bytes: secret, source: "test")
}

/// Every key that the tests of a whole store use, as the arguments of `key`.
private let keysInUse: [(first: UInt8, bytes: Int)] = [(1, 16), (2, 16), (100, 16), (100, 32)]

/// Vector and ciphertext of `plaintext`, which no other key in use seems to open: one in 256 would, and
/// what a test says about a value that opens under one key would then not hold.
func seal(_ plaintext: [UInt8], _ key: borrowing MasterKey) throws -> [UInt8] {
  let buffer = try buffer(plaintext)
  let cipher = try ValueCipher(key)
  while true {
    var output: [UInt8] = []
    try cipher.seal(buffer, replacing: nil, appendingTo: &output)
    var fitting = 0
    for use in keysInUse {
      let other = try OctopusKeysTests.key(use.first, bytes: use.bytes)
      if try ValueCipher(other).paddingFits(output.span) { fitting += 1 }
    }
    if fitting == 1 { return output }
  }
}

/// The text form of a ciphertext of `plaintext`.
func value(_ plaintext: String, _ key: borrowing MasterKey) throws -> String {
  let ciphertext = try seal(Array(plaintext.utf8), key)
  var text: [UInt8] = []
  EncryptedValue.format(ciphertext.span, appendingTo: &text)
  return String(decoding: text, as: UTF8.self)
}

/// What `text` opens to, or nil.
func open(_ text: String, _ key: borrowing MasterKey) throws -> String? {
  var ciphertext: [UInt8] = []
  let bytes = Array(text.utf8)
  guard EncryptedValue.parse(bytes.span, appendingTo: &ciphertext) != nil else { return nil }
  let plaintext = SecretBuffer()
  let cipher = try ValueCipher(key)
  let decryption = try cipher.decrypt(ciphertext.span, as: .text, into: plaintext)
  guard decryption == .decrypted else { return nil }
  return plaintext.withBytes { String(decoding: Array(copying: $0), as: UTF8.self) }
}

/// Bytes in a buffer for secrets, by way of a key that encrypts and decrypts them.
func buffer(_ bytes: [UInt8]) throws -> SecretBuffer {
  let buffer = SecretBuffer()
  buffer.fill(bytes.span)
  return buffer
}

/// Rotates the whole store from one key to another.
@discardableResult
func rotate(
  _ store: any Store, _ old: borrowing MasterKey, _ new: borrowing MasterKey,
  options: StoreRotation.Options = .init()
) throws -> (survey: Survey, outcome: StoreRotation.Outcome) {
  let rotation = try StoreRotation(store: store, oldKey: old, newKey: new, options: options)
  let survey = try rotation.survey(.rewrite)
  let outcome = try rotation.rewrite(rotation.accept(survey))
  try rotation.commit()
  return (survey, outcome)
}

/// Every character of `text` that is part of a ciphertext, spelt in whatever way, as one `#` a value.
func masked(_ text: String) -> String {
  let digit = #"(?:[A-Za-z0-9+/=]|\\+u00[0-9A-Fa-f]{2}|\\+/)"#
  let expression = try? NSRegularExpression(
    pattern: digit + #"{24,}?(?:\||\\+u007[Cc])"# + digit + #"{24}"#)
  let range = NSRange(text.startIndex..., in: text)
  return expression?.stringByReplacingMatches(in: text, range: range, withTemplate: "#") ?? ""
}

/// What a rotation is refused for as unreadable.
func findings(
  for store: any Store, _ old: borrowing MasterKey, _ new: borrowing MasterKey,
  options: StoreRotation.Options = .init()
) -> Findings? {
  let error = #expect(throws: RotationError.self) { try rotate(store, old, new, options: options) }
  guard case .unreadable(let findings, "memory")? = error else {
    Issue.record("\(String(describing: error))")
    return nil
  }
  return findings
}

func reasons(
  for store: any Store, _ old: borrowing MasterKey, _ new: borrowing MasterKey,
  options: StoreRotation.Options = .init()
) -> [Finding.Reason]? {
  findings(for: store, old, new, options: options)?.first.map(\.reason)
}

extension StoreRotation.Options {
  /// For stores that hold too little to prove a key.
  static var trusting: StoreRotation.Options {
    var options = StoreRotation.Options()
    options.trustOldKey = true
    return options
  }
}
