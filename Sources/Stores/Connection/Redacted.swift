// Values with secrets that every way to print them omits: a log, a debugger, a failed test.

package protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  var redacted: String { get }
}

extension Redacted {
  package var description: String { redacted }
  package var debugDescription: String { redacted }
  package var customMirror: Mirror { Mirror(self, children: ["settings": redacted]) }
}
