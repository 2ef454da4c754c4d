// A second thread, so that one can compute while the other waits for the disk.

internal import CLinux
internal import Glibc

/// Runs jobs one after the other, in the order in which they were submitted, on a thread of its own.
///
/// What a job touches must not be touched by anybody else until `wait(for:)` has returned for it; that
/// is what makes it safe to hand over values of any type.
@safe
package final class Worker: @unchecked Sendable {
  // Sendable: every property below is read and written under `mutex` alone, or set before the thread
  // starts.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [() -> Void] = []
  private var submitted = 0
  private var completed = 0
  private var isStopping = false
  private var thread: pthread_t?

  /// Starts the thread. Where the system has none to give, jobs run on the caller's.
  package init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
    // Signals are the main thread's business.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    var thread = pthread_t()
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    let result = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Worker>.fromOpaque(context).takeUnretainedValue().loop()
        }
        return nil
      }, this)
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    if result == 0 { self.thread = thread }
  }

  deinit {
    if let thread {
      unsafe pthread_mutex_lock(mutex)
      isStopping = true
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
      pthread_join(thread, nil)
    }
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Hands over a job.
  ///
  /// - Returns: its number, for `wait(for:)`.
  package func submit(_ job: @escaping () -> Void) -> Int {
    guard thread != nil else {
      job()
      submitted += 1
      completed += 1
      return submitted
    }
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    jobs.append(job)
    submitted += 1
    unsafe pthread_cond_broadcast(changed)
    return submitted
  }

  /// Whether the job of this number, and all before it, are done.
  package func isDone(_ number: Int) -> Bool {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return completed >= number
  }

  /// Waits until the job of this number, and all before it, are done.
  package func wait(for number: Int) {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while completed < number { unsafe pthread_cond_wait(changed, mutex) }
  }

  /// Waits until all jobs are done.
  package func drain() {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while completed < submitted { unsafe pthread_cond_wait(changed, mutex) }
  }

  private func loop() {
    unsafe pthread_mutex_lock(mutex)
    while true {
      while jobs.isEmpty && !isStopping { unsafe pthread_cond_wait(changed, mutex) }
      guard !jobs.isEmpty else { break }
      let job = jobs.removeFirst()
      unsafe pthread_mutex_unlock(mutex)
      job()
      unsafe pthread_mutex_lock(mutex)
      completed += 1
      unsafe pthread_cond_broadcast(changed)
    }
    unsafe pthread_mutex_unlock(mutex)
  }
}
