// What octokey was built from, and which libraries it runs with: the first question about any fault.

internal import CLibCrypto
internal import CLibXML2
internal import CLinux
internal import CSQLite
internal import CZlib

package enum BuildFacts {
  /// The commit, with `-modified` if it was not all of it; nil where the build did not say.
  package static var commit: String? {
    let text = unsafe String(cString: octokey_commit())
    return text.isEmpty ? nil : text
  }

  /// Names and versions of the libraries in use, not of those that it was built with.
  package static var libraries: [(name: String, version: String)] {
    [
      ("OpenSSL", unsafe text(OpenSSL_version(OPENSSL_VERSION_STRING))),
      ("libxml2", unsafe dotted(text(__xmlParserVersion()?.pointee))),
      ("SQLite", unsafe text(sqlite3_libversion())),
      ("zlib", unsafe text(zlibVersion())),
    ]
  }

  /// `20914` is 2.9.14.
  private static func dotted(_ number: String) -> String {
    guard let value = Int(number.prefix { $0.isNumber }) else { return number }
    return "\(value / 10_000).\(value / 100 % 100).\(value % 100)"
  }

  private static func text(_ string: UnsafePointer<CChar>?) -> String {
    guard let string = unsafe string else { return "unknown" }
    return unsafe String(cString: string)
  }
}
