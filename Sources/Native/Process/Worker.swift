// A second thread, so that one can compute while the other waits for the disk. Threads, queue and waiting
// are Dispatch's.

internal import Dispatch

/// A thread for workers. What several workers do on one thread is done in the order of submission.
package struct WorkerThread: Sendable {
  fileprivate let queue = DispatchQueue(label: "octokey worker")

  package init() {}
}

/// Works on inputs beside the caller, one at a time and in order.
///
/// The worker owns `work` and all that it captures (key schedules, buffers): the compiler does not let
/// the caller keep a way to it. When the last reference to the worker goes, what was submitted is
/// finished before `deinit` returns.
package final class Worker<Input: Sendable, Output: Sendable, Failure: Error> {
  private let queue: DispatchQueue
  private let work: Work
  private var jobs: [Job] = []

  package init(
    on thread: WorkerThread, _ work: sending @escaping (Input) throws(Failure) -> Output
  ) {
    queue = thread.queue
    self.work = Work(work)
  }

  deinit { queue.sync {} }

  /// The number of inputs whose outputs were not taken yet.
  package var pending: Int { jobs.count }

  /// Hands over an input.
  package func submit(_ input: Input) {
    let job = Job(input)
    jobs.append(job)
    queue.async { [work] in job.run(work) }
  }

  /// Whether `take` would return at once.
  package var isReady: Bool { jobs.first?.isDone(by: .now()) ?? false }

  /// Takes the oldest input with its output, and waits for it if need be; nil if nothing is pending.
  ///
  /// - Throws: what `work` threw for this input.
  package func take() throws(Failure) -> (input: Input, output: Output)? {
    guard !jobs.isEmpty else { return nil }
    let job = jobs.removeFirst()
    guard job.isDone(by: .distantFuture), let (input, output) = job.take() else {
      // An end that looks like "nothing is pending" would leave pages out in silence.
      preconditionFailure("a job that is done has an output")
    }
    return (input, try output.get())
  }

  private final class Work: @unchecked Sendable {
    // Sendable: only the queue's jobs call it, and they run one at a time.
    let body: (Input) throws(Failure) -> Output

    init(_ body: @escaping (Input) throws(Failure) -> Output) { self.body = body }
  }

  private final class Job: @unchecked Sendable {
    // Sendable: the queue's thread has it until `done` is signalled, and the caller from then on.
    private var input: Input?
    private var output: Result<Output, Failure>?
    private let done = DispatchSemaphore(value: 0)
    private var wasDone = false

    init(_ input: Input) { self.input = input }

    func run(_ work: Work) {
      guard let input else { return }
      do throws(Failure) {
        output = .success(try work.body(input))
      } catch {
        output = .failure(error)
      }
      done.signal()
    }

    /// Waits for the output.
    func isDone(by deadline: DispatchTime) -> Bool {
      if !wasDone { wasDone = done.wait(timeout: deadline) == .success }
      return wasDone
    }

    /// Gives both away: the queue may keep the job a little longer, and what is used again must not be
    /// shared then.
    func take() -> (Input, Result<Output, Failure>)? {
      defer { (input, output) = (nil, nil) }
      guard let input, let output else { return nil }
      return (input, output)
    }
  }
}
