// A config from Windows becomes one for Linux when octokey sets its Master Key.

import ArgumentParser
import OctopusKeys

struct WindowsOption: ParsableArguments {
  @Flag(
    help: """
      Set the key in a config from Windows, protected for this machine: the server on Windows can no \
      longer read it.
      """)
  var replaceWindowsProtection = false

  /// Fails for a config from Windows unless the user confirms that it becomes one for Linux.
  ///
  /// - Parameter asks: whether to prompt; a dry run only reports the obstacle.
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
      "\(node.file.path) is from Windows, where the server will not be able to read it any more. "
        + "Make it a config for this machine?", option: option)
  }
}
