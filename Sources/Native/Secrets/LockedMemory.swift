// Memory for secrets of any number and size: locked against swapping, left out of core dumps, wiped when it is given back.
// libcrypto takes all of its memory here, because its contexts hold keys; so do plaintexts at work.

internal import CLibCrypto
internal import CLinux
internal import Glibc
internal import Synchronization

@safe
package enum LockedMemory {
  /// Makes libcrypto take its memory here, if it has taken none before: to be called first of all.
  package static func giveToLibcrypto() {
    let isGiven = unsafe CRYPTO_set_mem_functions(
      { (count, _, _) in unsafe count > 0 ? LockedMemory.allocate(count) : nil },
      { (block, count, _, _) in unsafe LockedMemory.reallocate(block, count) },
      { (block, _, _) in unsafe LockedMemory.free(block) })
    state.withLock { $0.isLibcryptos = isGiven == 1 }
  }

  /// Whether all secrets were in locked memory so far. A user may lock only so much (`ulimit -l`).
  package static var isLocked: Bool {
    state.withLock { $0.isLibcryptos && $0.refused == 0 }
  }

  /// Wiped memory for `count` bytes, aligned to 16.
  static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    unsafe Blocks.memory(at: state.withLock { unsafe UInt(bitPattern: $0.take(count)) })
  }

  /// Wipes the block, and takes it back.
  static func free(_ block: UnsafeMutableRawPointer?) {
    guard let block = unsafe block else { return }
    unsafe OPENSSL_cleanse(block, Blocks.capacity(of: block))
    let address = UInt(bitPattern: block)
    state.withLock { unsafe $0.giveBack(Blocks.memory(at: address)) }
  }

  private static func reallocate(
    _ block: UnsafeMutableRawPointer?, _ count: Int
  ) -> UnsafeMutableRawPointer? {
    guard let block = unsafe block else { return unsafe count > 0 ? allocate(count) : nil }
    guard count > 0 else {
      unsafe free(block)
      return nil
    }
    let capacity = unsafe Blocks.capacity(of: block)
    guard count > capacity else { return unsafe block }
    let larger = unsafe allocate(count)
    unsafe larger.copyMemory(from: block, byteCount: capacity)
    unsafe free(block)
    return unsafe larger
  }

  /// Overwrites what was left of secrets on the stack below the caller, which is not locked.
  package static func wipeStack() { octokey_wipe_stack() }

  /// Notes that Linux did not lock memory of `SecretBytes`.
  static func noteRefusal() { state.withLock { $0.refused += 1 } }

  private static let state = Mutex(Blocks())
}

/// Blocks of powers of two, cut from locked regions and kept in lists when they are free; larger ones are regions of
/// their own. Before each block is its capacity, in 16 bytes.
private struct Blocks {
  private static let headerLength = 16
  private static let smallest = 5  // 32 bytes, with the header
  private static let largest = 16  // 64 KiB
  private static let regionLength = 1 << 18

  /// By size, the addresses of the bodies of free blocks: each holds the next one's.
  private var free = [UInt](repeating: 0, count: largest + 1)
  private var next: UInt = 0
  private var end: UInt = 0
  /// How many regions Linux did not lock.
  var refused = 0
  var isLibcryptos = false

  static func memory(at address: UInt) -> UnsafeMutableRawPointer {
    guard let memory = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("no block begins at 0")
    }
    return unsafe memory
  }

  static func capacity(of body: UnsafeMutableRawPointer) -> Int {
    unsafe (body - headerLength).load(as: Int.self)
  }

  mutating func take(_ count: Int) -> UnsafeMutableRawPointer {
    let needed = count + Blocks.headerLength
    let exponent = max(Blocks.smallest, Int.bitWidth - (needed - 1).leadingZeroBitCount)
    guard exponent <= Blocks.largest else { return unsafe start(region(needed), needed) }
    if free[exponent] != 0 {
      let body = unsafe Blocks.memory(at: free[exponent])
      unsafe free[exponent] = body.load(as: UInt.self)
      unsafe body.storeBytes(of: 0, as: UInt.self)
      return unsafe body
    }
    let length = 1 << exponent
    if end - next < UInt(length) {
      unsafe next = UInt(bitPattern: region(Blocks.regionLength))
      end = next + UInt(Blocks.regionLength)
    }
    let block = unsafe Blocks.memory(at: next)
    next += UInt(length)
    return unsafe start(block, length)
  }

  /// - Parameter body: of a block that is wiped.
  mutating func giveBack(_ body: UnsafeMutableRawPointer) {
    let length = unsafe Blocks.capacity(of: body) + Blocks.headerLength
    let exponent = Int.bitWidth - (length - 1).leadingZeroBitCount
    guard exponent <= Blocks.largest else {
      unsafe munmap(body - Blocks.headerLength, length)
      return
    }
    unsafe body.storeBytes(of: free[exponent], as: UInt.self)
    free[exponent] = UInt(bitPattern: body)
  }

  private func start(_ block: UnsafeMutableRawPointer, _ length: Int) -> UnsafeMutableRawPointer {
    unsafe block.storeBytes(of: length - Blocks.headerLength, as: Int.self)
    return unsafe block + Blocks.headerLength
  }

  private mutating func region(_ length: Int) -> UnsafeMutableRawPointer {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let memory = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0),
      unsafe memory != MAP_FAILED
    else { fatalError("out of memory") }
    if unsafe mlock(memory, length) != 0 { refused += 1 }
    unsafe madvise(memory, length, Int32(MADV_DONTDUMP))
    return unsafe memory
  }
}
