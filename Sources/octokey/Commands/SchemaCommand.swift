// `schema`: the JSON Schemas of what the commands print with --format json.

import ArgumentParser

struct SchemaCommand: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of what a command prints as JSON.",
    about: "Without a name it lists the names. The key \"schema\" of a JSON report has its name.",
    examples: ["octokey schema", "octokey schema verify"],
    exits: [.done, .failed, .usage], special: [.done: "the schema was printed"])

  @Argument(help: .init("The name of a schema.", valueName: "name"), completion: .list(names))
  var name: String?

  @OptionGroup(title: "Output options") var output: OutputOptions

  private static let names = ReportSchemas.all.map(\.name)

  func run(_ context: Context) throws -> ExitStatus {
    guard let name else {
      for name in Self.names { context.console.print(name) }
      return .done
    }
    guard let found = ReportSchemas.all.first(where: { $0.name == name }) else {
      throw CommandError.noSuchSchema(
        name: name, near: NearSpellings.of(name, among: Self.names))
    }
    context.console.print(raw: try ReportSchemas.document(found.name, found.schema))
    return .done
  }
}
