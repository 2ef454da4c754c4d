// Runs that end in the middle, while pages that were read ahead are still being worked on.

import OctopusKeys
import Testing

@Suite struct InterruptionTests {
  enum Cause: CaseIterable {
    case signalInSurvey, signalInRewrite, readInSurvey, readInRewrite, damagedWrite
  }

  /// Twenty pages with enough in them to keep the other thread busy.
  private static func documents(_ old: borrowing MasterKey) throws -> [String] {
    let values = try (0..<60).map { "\"\(try value("secret \($0)", old))\"" }
    return (0..<60).map { _ in "[" + values.joined(separator: ",") + "]" }
  }

  @Test(arguments: Cause.allCases) func nothingChanges(_ cause: Cause) throws {
    let old = try key(1)
    let new = try key(100)
    let json = try InterruptionTests.documents(old)
    for pages in [1, 2, 3, 5, 8, 19] {
      let store = MemoryStore(json: json)
      let stops: PassProgress.Phase? =
        switch cause {
        case .signalInSurvey: .survey
        case .signalInRewrite: .rewrite
        default: nil
        }
      var seen = 0
      let rotation = try StoreRotation(
        store: store, oldKey: old, newKey: new, options: .init(),
        cancellation: Cancellation { seen == pages ? "SIGTERM" : nil },
        progress: { if $0.phase == stops, $0.done > 0 { seen += 1 } })
      do throws(RotationError) {
        if cause == .readInSurvey { store.readablePages = pages }
        let survey = try rotation.survey(.rewrite)
        if cause == .readInRewrite { store.readablePages = pages }
        if cause == .damagedWrite {
          store.tamper = { [unowned store] in if store.writes == pages { $0[40] ^= 1 } }
        }
        _ = try rotation.rewrite(rotation.accept(survey))
        Issue.record("it went on to the end")
      } catch .interrupted(let signal) {
        #expect(signal == "SIGTERM" && seen == pages)
      } catch .store(.failed(_, _, let reason)) {
        #expect(reason == "no more pages")
      } catch {
        #expect(cause == .damagedWrite, "\(error)")
      }
      store.rollback()
      #expect(store.contents[0].documents.indices.map(store.text) == json && !store.committed)
    }
  }
}
