// What is wrong with the machine keys themselves.

package import Native

extension MachineKeys {
  /// - Parameters:
  ///   - forms: how the secrets of the config are protected.
  ///   - machineID: the contents of the machine-id file.
  package func faults(
    inUse forms: Set<Form>, machineID: borrowing SecretBytes?
  ) -> [ConfigFault] {
    var faults = trials.filter { $0.outcome == .malformed }.map {
      ConfigFault(.badMachineKey, $0.path)
    }
    // An id that protects nothing here may be known to anyone.
    if forms.contains(.machineID), let path = trials.first?.path {
      switch machineID {
      case .none: break
      case .some(let contents):
        if let reason = SharedMachineID.reason(contents) {
          faults.append(ConfigFault(.sharedMachineID(reason), path))
        }
      }
    }
    return faults
  }
}
