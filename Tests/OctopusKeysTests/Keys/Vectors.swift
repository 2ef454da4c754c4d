// The known answers in the folder Vectors, made with a real .NET class library.

import Foundation

struct Vectors: Decodable {
  struct Protected: Decodable {
    let plaintext: String
    let by_machine_id: String
    let by_machinekey_file: String
  }

  struct SensitiveValue: Decodable {
    let master_key: String
    let plaintext_base64: String
    let stored: String
  }

  struct Stream: Decodable {
    let master_key: String
    let plaintext_base64: String
    let iv_then_ciphertext_base64: String
  }

  struct Fingerprint: Decodable {
    let master_key: String
    let sha256_base64: String
  }

  let machine_id: String
  let machinekey_file: String
  let protected: [Protected]
  let sensitive_values: [SensitiveValue]
  let streams: [Stream]
  let fingerprints: [Fingerprint]

  static func load() throws -> Vectors {
    try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file("dotnet-vectors.json")))
  }

  static func file(_ name: String) -> URL {
    Bundle.module.bundleURL.appendingPathComponent("Vectors").appendingPathComponent(name)
  }
}
