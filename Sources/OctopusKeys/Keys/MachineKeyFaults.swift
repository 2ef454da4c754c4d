// What is wrong with the machine keys themselves.

package import Native

extension MachineKeys {
  /// - Parameters:
  ///   - forms: how the secrets of the config are protected.
  ///   - machineID: the contents of the machine-id file.
  /// - Throws: `ConfigError.native`: whether a machine id is known to others could not be found out.
  package func faults(
    inUse forms: Set<Form>, machineID: borrowing SecretBytes?
  ) throws(ConfigError) -> [ConfigFault] {
    var faults = trials.filter { $0.outcome == .malformed }.map {
      ConfigFault(.badMachineKey, $0.path)
    }
    // An id that protects nothing here may be known to anyone.
    if forms.contains(.machineID), let path = trials.first?.path {
      switch machineID {
      case .none: break
      case .some(let contents):
        if let reason = try rethrow(
          as: ConfigError.native, SharedMachineID.reason(contents))
        {
          faults.append(ConfigFault(.sharedMachineID(reason), path))
        }
      }
    }
    return faults
  }
}
