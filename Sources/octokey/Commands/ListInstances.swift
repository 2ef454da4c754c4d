// `list-instances`: the instances of this machine, in the vendor's own shapes.

import ArgumentParser
import OctopusKeys

struct ListInstances: OctokeyCommand {
  static let answersInEnvelope = false
  static let configuration = CommandConfiguration(
    commandName: "list-instances",
    abstract: "List the instances that are registered on this machine.",
    examples: ["octokey list-instances --format json"],
    exits: [.done, .failed, .incomplete, .usage],
    special: [
      .done: "the instances are listed",
      .incomplete: "done in part: a record cannot be read, see the warning; the others are listed",
    ])

  @OptionGroup(title: "Node options") var registry: RegistryOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let records = try registry.records(context)
    let instances = records.instances
    switch output.format {
    case .text:
      if instances.isEmpty, records.bad.isEmpty { context.console.print("No instances installed") }
      for instance in instances {
        context.console.print(
          "Instance '\(instance.name)' uses configuration '\(instance.configPath)'.")
      }
    case .json:
      // In the vendor's order, which an encoder would not keep.
      let objects = try instances.map { instance in
        """
          {
            "InstanceName": \(try VendorShapes.string(instance.name)),
            "ConfigurationFilePath": \(try VendorShapes.string(instance.configPath))
          }
        """
      }
      context.console.print(
        raw: objects.isEmpty ? "[]\n" : "[\n\(objects.joined(separator: ",\n"))\n]\n")
    }
    return records.bad.isEmpty ? .done : .incomplete
  }
}
