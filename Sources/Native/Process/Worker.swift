// A second thread, so that one can compute while the other waits for the disk.

internal import CLinux
internal import Glibc

/// Turns inputs into outputs on a thread of its own, one at a time and in order.
///
/// The thread owns `work` and all that it captures (key schedules, buffers): the compiler does not let
/// the caller keep a way to it. When the last reference to the worker goes, the input in hand is
/// finished, the ones that wait are dropped, and the thread has ended before `deinit` returns.
package final class Worker<Input: Sendable, Output: Sendable> {
  private let state: WorkerState<Input, Output>
  private let thread: pthread_t?

  /// The number of inputs whose outputs were not taken yet.
  package private(set) var pending = 0

  /// Starts the thread. Where the system has none to give, `submit` does the work itself.
  package init(_ work: sending @escaping (Input) -> Output) {
    state = WorkerState(work)
    thread = state.startThread()
  }

  deinit {
    guard let thread else { return }
    state.stop()
    pthread_join(thread, nil)
  }

  /// Hands over an input.
  package func submit(_ input: Input) {
    pending += 1
    state.put(input, hasThread: thread != nil)
  }

  /// Whether `take` would return at once.
  package var isReady: Bool { state.isReady }

  /// Takes the output of the oldest input, and waits for it if need be; nil if nothing is pending.
  package func take() -> Output? {
    guard pending > 0 else { return nil }
    pending -= 1
    return state.takeOutput()
  }
}

/// What both threads share. It outlives the thread, which holds a reference of its own.
private final class WorkerState<Input: Sendable, Output: Sendable>: ThreadBody, @unchecked Sendable
{
  // Sendable: the properties below are read and written under `mutex` alone, but for `work`, which only
  // the thread calls (or, where there is no thread, only the caller).
  private let work: (Input) -> Output
  private var inputs: [Input] = []
  private var outputs: [Output] = []
  private var isStopping = false

  init(_ work: @escaping (Input) -> Output) { self.work = work }

  func put(_ input: Input, hasThread: Bool) {
    guard hasThread else { return outputs.append(work(input)) }
    locked { inputs.append(input) }
  }

  var isReady: Bool { locked { !outputs.isEmpty } }

  func takeOutput() -> Output {
    locked {
      while outputs.isEmpty { waitForChange() }
      return outputs.removeFirst()
    }
  }

  func stop() { locked { isStopping = true } }

  override func run() {
    while let input = nextInput() {
      let output = work(input)
      locked { outputs.append(output) }
    }
  }

  private func nextInput() -> Input? {
    locked {
      while inputs.isEmpty, !isStopping { waitForChange() }
      return isStopping ? nil : inputs.removeFirst()
    }
  }
}

/// A mutex with a condition, and a thread that runs `run`. It is a class without parameters, because a
/// C function can be handed no generic one.
@safe
private class ThreadBody {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)  // owned
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)  // owned

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  func run() {}

  /// Runs `body` under the mutex, and wakes whoever waits for a change.
  final func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body()
  }

  /// Gives up the mutex until the other thread has changed something; only within `locked`.
  final func waitForChange() { unsafe pthread_cond_wait(changed, mutex) }

  /// Starts a thread that ends when `run` returns; nil if the system has none to give.
  final func startThread() -> pthread_t? {
    // Signals are the main thread's business.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let body = unsafe Unmanaged.passRetained(self)
    let result = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, body.toOpaque())
    guard result == 0 else {
      unsafe body.release()
      return nil
    }
    return thread
  }
}
