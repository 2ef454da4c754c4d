// A config that was made on Windows becomes one for Linux when octokey puts a Master Key in.

import ArgumentParser
import OctopusKeys

struct WindowsOption: ParsableArguments {
  @Flag(
    help: """
      Put the key into a config that was made on Windows, protected for this machine: the server on Windows \
      cannot read it then.
      """)
  var replaceWindowsProtection = false

  /// Fails for a config made on Windows unless somebody says that it becomes one for Linux.
  ///
  /// - Parameter asks: whether a terminal is asked; a dry run only says what stands in the way.
  /// - Throws: `CommandError.windowsProtection`, `.declined`, `.cancelled`.
  func requireConsent(_ node: OpenedNode, asks: Bool = true, _ console: Console) throws {
    guard !replaceWindowsProtection,
      let value = node.settings.value(of: SettingName.masterKey),
      MachineKeys.isFromWindows(value)
    else { return }
    let option = "--replace-windows-protection"
    let refusal = CommandError.windowsProtection(config: node.file.path)
    guard asks else { throw refusal }
    do throws(CommandError) {
      try console.requireTerminal(for: option)
    } catch {
      throw refusal
    }
    try console.confirm(
      "\(node.file.path) was made on Windows, and the server there could not read it any more. "
        + "Make it a config for this machine?", option: option)
  }
}
