// Whether a server works on the store of a rotation. The database is asked before and after the locks are taken.

import Native
import OctopusKeys
import Stores

final class ServerWatch {
  /// The last answer; nil where the store has no list of nodes, or could not be asked.
  private(set) var activity: ServerActivity?
  /// Why the store could not be asked the last time.
  private(set) var trouble: StoreError?

  private var wasAsked = false

  private let location: StoreLocation
  private let age: Duration
  private let ownName: String?
  /// octokey stops this node's server, which may still be listed as live.
  private let stopsOwn: Bool
  private let isIgnored: Bool

  /// - Parameters:
  ///   - ownName: the name of the node that is worked on; nil if there is none.
  ///   - age: a node that was seen within this time is live.
  init(
    _ location: StoreLocation, ownName: String?, age: Duration, stopsOwn: Bool, isIgnored: Bool
  ) {
    self.location = location
    self.ownName = ownName
    self.age = age
    self.stopsOwn = stopsOwn
    self.isIgnored = isIgnored
  }

  /// The names of the other nodes by the last answer.
  var otherNodes: [String] { (activity?.nodes ?? []).map(\.name).filter { $0 != ownName } }

  /// The names of the live nodes by the last answer; nil without one.
  var liveNodes: [String]? { activity?.nodeList?.filter { $0.isAlive(within: age) }.map(\.name) }

  /// - Throws: `RotationError.serverAtWork`; `.activityUnknown` where the database does not answer,
  ///   `.livenessUnknown` where it has no readable time.
  func requireQuiet() throws(RotationError) {
    ask()
    guard !isIgnored else { return }
    switch trouble {
    case .lacksRights?, .failed?, .obstacle?, .noSnapshot?, .changedMeanwhile?, .notKept?,
      .transactionLost?, .unconfirmed?, .refused?, .notCopied?, .sameFile?:
      if let trouble { throw .activityUnknown(trouble) }
    // The store cannot be opened at all: that is the error to report.
    case .notFound?, .notAStore?, .readOnly?, .accessDenied?, .busy?, .full?, .unreachable?,
      .serverRefused?, .disconnected?, .invalidLocation?, .connection?, .native?, .hotJournal?,
      .logNotReadable?, .logWithoutDatabase?, .projectExport?:
      if let trouble { throw .store(trouble) }
    case nil: break
    }
    guard let activity else { return }
    let others = activity.nodes.filter { !(stopsOwn && $0.name == ownName) }
    try activity.requireNone(others.filter { $0.isAlive(within: age) })
    let unknown = others.filter { $0.liveness(within: age) == .unknown }
    guard unknown.isEmpty else { throw .livenessUnknown(nodes: unknown.map(\.name)) }
  }

  func ask() {
    wasAsked = true
    do {
      activity = try location.activity()
      trouble = nil
    } catch {
      activity = nil
      trouble = error
    }
  }

  /// Prints what could not be checked.
  func noteGaps(_ console: Console) {
    guard wasAsked else { return }
    if let trouble {
      console.warning(
        "cannot list the other nodes: \(Failure(trouble).message)",
        hint: "check that every server on this store is stopped")
    } else if activity?.nodeList == nil {
      console.note(
        "the store has no list of nodes: check that every server on it is stopped")
    }
  }
}

extension ServerActivity {
  /// Refuses while a node is live or a task is running.
  func requireNone(_ live: [ServerNode]) throws(RotationError) {
    guard live.isEmpty, runningTasks == 0 else {
      throw .serverAtWork(nodes: live.map(\.name), tasks: runningTasks)
    }
  }
}
