// An error of one subject as an error of another. A closure's thrown type is not inferred in Swift 6.3,
// an autoclosure's is; several statements need `() throws(NativeError) in` before them.

/// The value of an expression, whose error is thrown as what `wrap` makes of it.
package func rethrow<Inner: Error, Outer: Error, Value: ~Copyable>(
  as wrap: (Inner) -> Outer, _ value: @autoclosure () throws(Inner) -> Value
) throws(Outer) -> Value {
  do { return try value() } catch { throw wrap(error) }
}

/// The value of several statements, whose error is thrown as what `wrap` makes of it.
package func rethrow<Inner: Error, Outer: Error, Value: ~Copyable>(
  as wrap: (Inner) -> Outer, _ body: () throws(Inner) -> Value
) throws(Outer) -> Value {
  do { return try body() } catch { throw wrap(error) }
}
