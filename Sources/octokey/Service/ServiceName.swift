// The name of a service: a unit of systemd, named as the server's installer does, or a container.

import ArgumentParser
import OctopusKeys

enum ServiceName: Equatable {
  case unit(String)
  case container(String)

  var text: String {
    switch self {
    case .unit(let name), .container(let name): name
    }
  }

  /// Its name without slashes, with `-` for white space (octopus-formats, section 1.8).
  init(instance: String) {
    let name = instance.filter { $0 != "/" }.map { $0.isWhitespace ? "-" : $0 }
    self = .unit(String(name) + ".service")
  }
}

struct ServiceOptions: ParsableArguments {
  @Option(
    help: .init(
      "The systemd unit of the server (default: that of the instance).", valueName: "unit"))
  var unit: String?

  @Option(
    help: .init("The docker or podman container that the server runs in.", valueName: "name"))
  var container: String?

  func validate() throws {
    if unit != nil, container != nil {
      throw ValidationError("--unit and --container are mutually exclusive")
    }
    for name in [unit, container].compactMap(\.self) where !ServiceOptions.isName(name) {
      throw ValidationError("\(name.quoted) is not the name of a unit or container")
    }
  }

  var name: ServiceName? { unit.map { .unit($0) } ?? container.map { .container($0) } }

  /// Whether `systemctl` and `docker` accept it as a name, not as an option, a path or a pattern.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-") && text.utf8.count < 256
      && text.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value != 0x7F && $0 != "/" && $0 != "*" && $0 != "?" && $0 != "["
      }
  }
}
