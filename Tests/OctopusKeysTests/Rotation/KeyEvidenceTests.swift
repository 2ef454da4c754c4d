// Which keys a store's values accept: the rule, and that chance does not pass it.

import Foundation
import Native
import Testing

@testable import OctopusKeys

@Suite struct KeyEvidenceTests {
  private func evidence(
    _ decrypted: [UInt8], _ failed: [UInt8], certificate: Bool? = nil
  ) -> KeyEvidence {
    var evidence = KeyEvidence()
    for value in decrypted { evidence.addDecrypted([value, 1].span, certificate: false) }
    for value in failed { evidence.addFailed([value, 2].span, certificate: false) }
    if certificate == true { evidence.addDecrypted([0, 3].span, certificate: true) }
    if certificate == false { evidence.addFailed([0, 3].span, certificate: true) }
    return evidence
  }

  @Test func everyValueOrThreeAndMoreThanFail() {
    #expect(evidence([], []).fit == .unknown)
    #expect(evidence([1], []).fit == .fits)
    #expect(evidence([], [1]).fit == .doesNotFit)
    #expect(evidence([1, 2], [1]).fit == .doesNotFit)
    #expect(evidence([1, 2, 3], [1, 2]).fit == .fits)
    #expect(evidence([1, 2, 3], [1, 2, 3]).fit == .doesNotFit)
    // Copies of one value are one piece of evidence.
    #expect(evidence([1, 1, 1, 1, 2, 2], [1]).fit == .doesNotFit)
    #expect(evidence([1, 2, 3], [1, 1, 1, 1]).fit == .fits)
  }

  @Test func theCertificateAloneDecides() {
    #expect(evidence([], [1, 2, 3, 4], certificate: true).fit == .fits)
    #expect(evidence([1, 2, 3, 4], [], certificate: false).fit == .doesNotFit)
  }

  @Test(arguments: [0, 1, 1000, 2048, 2049, 10_000, 300_000])
  func distinctCiphertextsAreCountedInBoundedMemory(_ number: Int) {
    var whole = DistinctCount()
    var merged = DistinctCount()
    for index in 0..<number {
      let bytes = withUnsafeBytes(of: index) { Array($0) } + [7, 8, 9]
      whole.add(bytes.span)
      whole.add(bytes.span)
      var part = DistinctCount()
      part.add(bytes.span)
      merged.add(part)
    }
    // Exact as long as they are few; 3 % is one standard error beyond.
    let allowed = number <= 2048 ? 0 : number / 5
    #expect(abs(whole.value - number) <= allowed, "\(whole.value)")
    #expect(abs(merged.value - number) <= allowed, "\(merged.value)")
  }

  @Test func oneChanceHitAmongMillionsIsNoEvidence() throws {
    // Stands for 1.3 million values of one block, in which a wrong key has one hit on average.
    let node = try TestNode((0..<50).map { ("v\($0)", 2) } + [("hit", 1)])
    var options = RotationPlan.Options()
    options.store.skipUnreadable = true
    let plan = try node.plan(options: options)
    let error = #expect(throws: RotationError.self) { _ = try Preflight(plan).admit() }
    guard case .keyDoesNotFit(_, "memory", let misfit)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(misfit == KeyMisfit(decrypted: 1, failed: 50, certificateFails: false))
    #expect(node.store.writes == 0)
    // Whoever knows better says so.
    options.store.trustOldKey = true
    let rotation = try Rotation.run(Preflight(node.plan(options: options)).admit())
    #expect(rotation.store.collections.map(\.reencryptedValues) == [1])
  }

  @Test func nobodyCanTrustAKeyThatDecryptsNothing() throws {
    let node = try TestNode((0..<50).map { ("v\($0)", 2) })
    var options = RotationPlan.Options()
    options.store.skipUnreadable = true
    options.store.trustOldKey = true
    options.store.allowEmpty = true
    let plan = try node.plan(options: options)
    let error = #expect(throws: RotationError.self) { _ = try Preflight(plan).admit() }
    guard case .keyDoesNotFit(_, "memory", let misfit)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(misfit == KeyMisfit(decrypted: 0, failed: 50, certificateFails: false))
  }

  @Test func whatCannotBeReadIsNoSensitiveValue() throws {
    let node = try TestNode()
    node.store.replace(0, with: #"{"Variables":[{"Type":"Sensitive","Value":"plain"}]}"#)
    var options = RotationPlan.Options()
    options.store.skipUnreadable = true
    let plan = try node.plan(options: options)
    #expect(throws: RotationError.noValues(location: "memory")) {
      _ = try Preflight(plan).admit()
    }
  }

  @Test func noValueThatIsMadeFitsTheFormerKey() throws {
    let (old, new) = (try ValueCipher(key(1)), try ValueCipher(key(2)))
    let plaintext = SecretBuffer()
    plaintext.fill(Array("p".utf8).span)
    // One in 255 would fit by chance.
    for _ in 0..<10_000 {
      var sealed: [UInt8] = []
      try new.seal(plaintext, replacing: old, appendingTo: &sealed)
      #expect(try !old.paddingFits(sealed.span))
    }
  }

  @Test func aLookAtTheFirstDocumentsShowsWhetherTheKeyIsRight() throws {
    let store = MemoryStore(json: try ["a", "b"].map { #"["\#(try value($0, key(1)))"]"# })
    let right = try KeyProbe(store: store, key: key(1))
    #expect(right.opens == true && right.opened == 2 && right.unreadable == 0)
    let wrong = try KeyProbe(store: store, key: key(2))
    #expect(wrong.opens == false && wrong.opened == 0 && wrong.unreadable == 2)
    #expect(try KeyProbe(store: MemoryStore(json: ["{}"]), key: key(1)).opens == nil)
  }
}
