// Which config is meant: the vendor's register of instances, a folder of small JSON files, and the
// order in which the server itself looks (octopus-formats, section 1.8).

internal import FoundationEssentials
internal import Native

package struct InstanceRegistry: Sendable {
  package struct Instance: Equatable, Sendable {
    package let name: String
    package let configPath: String
  }

  /// The folder, usually `/etc/octopus/OctopusServer/Instances`.
  package let folder: String

  /// A registry in `folder`, which need not be there.
  package init(folder: String) { self.folder = folder }

  /// All instances, sorted by name.
  ///
  /// - Throws: `ConfigError.badInstanceRecord`: as for the server, one bad file spoils them all;
  ///   `.native` for a folder that may not be seen.
  package func instances() throws(ConfigError) -> [Instance] {
    guard try rethrow(as: ConfigError.native, FileStatus.isThere(folder + "/.")) else { return [] }
    let names = try rethrow(as: ConfigError.native, FolderNames.read(folder))
    var found: [Instance] = []
    for name in names {
      let path = folder + "/" + name
      // A record that cannot be read is an error of its own, a dangling link too: the instance in it
      // could be the one that is meant.
      let status = try rethrow(as: ConfigError.native, FileStatus.read(path))
      if status.kind != .regular { continue }
      let contents = try rethrow(
        as: ConfigError.native, FileContents.read(path, limit: 1 << 20).bytes)
      guard
        let instance = try? JSONDecoder().decode(
          Instance.self, from: Data(contents[contents.span.markLength...]))
      else { throw .badInstanceRecord(path: path) }
      found.append(instance)
    }
    return found.sorted { $0.name < $1.name }
  }

  /// The instance called `name` in whatever letter case; without a name, the one called
  /// `OctopusServer`, or the only one.
  ///
  /// - Throws: `ConfigError.noSuchInstance`, `.severalInstances` or `.badInstanceRecord`; nil is
  ///   returned where nothing was asked for and nothing is there.
  package func find(_ name: String?) throws(ConfigError) -> Instance? {
    let all = try instances()
    guard let name else {
      if let standard = all.first(where: { $0.name == "OctopusServer" }) { return standard }
      guard all.count <= 1 else {
        throw .severalInstances(name: nil, folder: folder, found: all.map(\.name))
      }
      return all.first
    }
    let matches = all.filter { $0.name.lowercased() == name.lowercased() }
    if matches.count == 1 { return matches[0] }
    if let exact = matches.first(where: { $0.name == name }) { return exact }
    if matches.isEmpty { throw .noSuchInstance(name: name, folder: folder) }
    throw .severalInstances(name: name, folder: folder, found: matches.map(\.name))
  }

  /// The path of the config that is meant, in the vendor's order: a named instance, a named config,
  /// `OctopusServer.config` in the working directory, the default instance.
  ///
  /// - Parameter workingDirectory: nil if there is none, because it was removed.
  /// - Throws: `ConfigError.noConfig` if there is none, and what `find` throws.
  package func configPath(
    instance: String?, config: String?, workingDirectory: String?
  ) throws(ConfigError) -> String {
    if let instance, let found = try find(instance) { return found.configPath }
    if let config { return config }
    if let workingDirectory {
      let here = workingDirectory + "/OctopusServer.config"
      // A dangling link is passed over, as by the server; one that may not be looked at is not.
      do throws(NativeError) {
        _ = try FileStatus.read(here)
        return here
      } catch {
        guard error.isNotFound else { throw .native(error) }
      }
    }
    if let standard = try find(nil) { return standard.configPath }
    throw .noConfig(workingDirectory: workingDirectory, instancesFolder: folder)
  }

}

extension InstanceRegistry.Instance: Decodable {
  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads a record as Newtonsoft does: names of properties in any letter case, others ignored.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    func value(_ name: String) throws -> String {
      let key = container.allKeys.first { $0.stringValue.lowercased() == name }
      return try container.decode(String.self, forKey: key ?? AnyKey(stringValue: name))
    }
    name = try value("name")
    configPath = try value("configurationfilepath")
  }
}
