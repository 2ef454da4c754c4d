// What `octokey --version` says.

import Native

enum Version {
  static let number = "0.1.0"

  static var text: String {
    let libraries = BuildFacts.libraries.map { "\($0.name) \($0.version)" }
    return "octokey \(number)\(BuildFacts.commit.map { " (commit \($0))" } ?? "")\n"
      + libraries.joined(separator: ", ")
  }
}
