// Which config is meant: the vendor's register of instances, a folder of small JSON files, and the
// order in which the server itself looks (octopus-formats, section 1.8).

internal import Native

package struct InstanceRegistry: Sendable {
  /// The folder, usually `/etc/octopus/OctopusServer/Instances`.
  package let folder: String

  /// A registry in `folder`, which need not be there.
  package init(folder: String) { self.folder = folder }

  /// Reads the files `*.config`, in any letter case: since 2025.4.10061 the server reads no others. One that it
  /// would fail at does not spoil the rest here.
  ///
  /// - Throws: `ConfigError.native` for a folder that may not be seen.
  package func records() throws(ConfigError) -> InstanceRecords {
    var records = InstanceRecords(folder: folder)
    guard try rethrow(as: ConfigError.native, FileStatus.isThere(folder + "/.")) else {
      return records
    }
    let names = try rethrow(as: ConfigError.native, FolderNames.read(folder))
    for name in names where name.lowercased().hasSuffix(".config") {
      do throws(BadInstanceRecord) {
        guard let instance = try Instance.read(folder + "/" + name) else { continue }
        records.instances.append(instance)
      } catch {
        records.bad.append(error)
      }
    }
    records.instances.sort { $0.name < $1.name }
    return records
  }

  /// The path of the config that is meant, in the vendor's order: a named instance, a named config,
  /// `OctopusServer.config` in the working directory, the default instance.
  ///
  /// - Parameters:
  ///   - workingDirectory: nil if there is none, because it was removed.
  ///   - note: gets each bad record where the register is read, whatever comes of it.
  /// - Throws: `ConfigError.noConfig` if there is none, and what `InstanceRecords.find` throws.
  package func configPath(
    instance: String?, config: String?, workingDirectory: String?,
    note: (BadInstanceRecord) -> Void = { _ in }
  ) throws(ConfigError) -> String {
    if let instance, let found = try find(instance, note) { return found.configPath }
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
    if let standard = try find(nil, note) { return standard.configPath }
    throw .noConfig(workingDirectory: workingDirectory, instancesFolder: folder)
  }

  private func find(
    _ name: String?, _ note: (BadInstanceRecord) -> Void
  ) throws(ConfigError) -> Instance? {
    let records = try records()
    records.bad.forEach(note)
    return try records.find(name)
  }
}

/// What a register holds.
package struct InstanceRecords {
  package let folder: String
  /// Sorted by name.
  package fileprivate(set) var instances: [Instance] = []
  /// In the order of their names.
  package fileprivate(set) var bad: [BadInstanceRecord] = []

  fileprivate init(folder: String) { self.folder = folder }

  /// The instance called `name` in any letter case; without a name, the one called
  /// `OctopusServer`, or the only one.
  ///
  /// - Throws: `ConfigError.noSuchInstance`, `.severalInstances`, or `.badInstanceRecords` where nothing was asked for
  ///   and one of them may be what is meant; nil is returned where nothing was asked for and nothing is there.
  package func find(_ name: String?) throws(ConfigError) -> Instance? {
    guard let name else { return try standard() }
    let matches = instances.filter { $0.name.lowercased() == name.lowercased() }
    if matches.count == 1 { return matches[0] }
    if let exact = matches.first(where: { $0.name == name }) { return exact }
    if matches.isEmpty { throw .noSuchInstance(name: name, folder: folder, bad: bad.map(\.path)) }
    throw .severalInstances(name: name, folder: folder, found: matches.map(\.name))
  }

  private func standard() throws(ConfigError) -> Instance? {
    if let standard = instances.first(where: { $0.name == "OctopusServer" }) { return standard }
    guard instances.count <= 1 else {
      throw .severalInstances(name: nil, folder: folder, found: instances.map(\.name))
    }
    // The name of the file is that of the instance in lower case: this one would come before the only other.
    let isStandardBad = bad.contains {
      FilePath($0.path).name.lowercased() == "octopusserver.config"
    }
    if !bad.isEmpty, instances.isEmpty || isStandardBad {
      throw .badInstanceRecords(bad.map(\.path))
    }
    return instances.first
  }
}
