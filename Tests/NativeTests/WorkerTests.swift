// The second thread: order, errors, and nothing left of it when the worker goes.

import Foundation
import Native
import Synchronization
import Testing

@Suite struct WorkerTests {
  private struct Odd: Error, Equatable {
    let number: Int
  }

  @Test func outputsComeInOrderAndAFailureBelongsToItsInput() throws {
    let worker = Worker(on: WorkerThread()) { (number: Int) throws(Odd) -> Int in
      if number == 7 { throw Odd(number: number) }
      return number * 2
    }
    for number in 0..<20 { worker.submit(number) }
    #expect(worker.pending == 20)
    for number in 0..<20 {
      if number == 7 {
        #expect(throws: Odd(number: 7)) { try worker.take() }
        continue
      }
      let taken = try worker.take()
      #expect(taken?.input == number && taken?.output == number * 2)
    }
    let nothing = try worker.take()
    #expect(worker.pending == 0 && nothing == nil && !worker.isReady)
  }

  @Test func readyMeansThatTakingDoesNotWait() throws {
    let mayGo = DispatchSemaphore(value: 0)
    let worker = Worker(on: WorkerThread()) { (number: Int) throws(Odd) -> Int in
      mayGo.wait()
      return number
    }
    worker.submit(1)
    #expect(!worker.isReady)
    mayGo.signal()
    while !worker.isReady { usleep(100) }
    #expect(try worker.take()?.output == 1)
  }

  /// What is running, and the most that ever ran at once.
  private final class Running: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var most: Int { counts.withLock { $0.most } }

    func run() {
      counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      usleep(200)
      counts.withLock { $0.now -= 1 }
    }
  }

  @Test func workersOnOneThreadDoOneThingAtATime() throws {
    let thread = WorkerThread()
    let running = Running()
    let workers = (0..<3).map { _ in
      Worker(on: thread) { (number: Int) throws(Odd) -> Int in
        running.run()
        return number
      }
    }
    for number in 0..<30 { workers[number % 3].submit(number) }
    for number in 0..<30 { #expect(try workers[number % 3].take()?.output == number) }
    #expect(running.most == 1)
  }

  @Test func nothingIsKeptWhenTheWorkerGoes() {
    weak var kept: Running?
    do {
      let held = Running()
      kept = held
      let worker = Worker(on: WorkerThread()) { [held] (number: Int) throws(Odd) -> Int in
        held.run()
        return number
      }
      for number in 0..<50 { worker.submit(number) }
    }
    #expect(kept == nil)
  }

  /// Threads of a process that has used many workers, one after the other.
  @Test func manyWorkersLeaveNoThreads() async {
    await #expect(processExitsWith: .success) {
      func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
      }
      for number in 0..<20 {
        let worker = Worker(on: WorkerThread()) { (number: Int) throws(CancellationError) in number
        }
        worker.submit(number)
        _ = try worker.take()
      }
      let before = try threads()
      for number in 0..<150 {
        let worker = Worker(on: WorkerThread()) { (number: Int) throws(CancellationError) in number
        }
        worker.submit(number)
        _ = try worker.take()
      }
      // Dispatch keeps a pool that grows with the load of the machine, and not one for each worker.
      #expect(try threads() < before + 75)
    }
  }
}
