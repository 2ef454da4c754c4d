// Copying between spans and arrays, into arrays in one move: byte by byte it would slow down a rotation.

extension Array<UInt8> {
  package mutating func append(copying bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Appends `count` bytes without a first value, all of which `fill` has to write.
  mutating func append(count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    append(addingCapacity: count) { output in
      unsafe output.withUnsafeMutableBufferPointer { (room, filled) in
        unsafe fill(room)
        filled = count
      }
    }
  }

  package init(copying bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}

extension MutableSpan<UInt8> {
  package mutating func copy(_ bytes: Span<UInt8>, at start: Int) {
    for index in bytes.indices { self[start + index] = bytes[index] }
  }
}

extension UnsafeRawBufferPointer {
  /// A valid pointer for no bytes, too: SQLite and ODBC take a null pointer for NULL.
  var startForC: UnsafeRawPointer {
    unsafe baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  }
}
