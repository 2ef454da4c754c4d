// The settings of a node config that octokey uses by name.

/// Names of settings in OctopusServer.config. They are compared without regard to case.
package enum SettingName {
  /// The Master Key, protected by the machine key.
  package static let masterKey = "Octopus.Storage.MasterKey"
  /// Where the database is; plain text, password included.
  package static let connectionString = "Octopus.Storage.ExternalDatabaseConnectionString"
  package static let nodeName = "Octopus.Server.NodeName"
  /// The server's folder; a relative one starts from the config's.
  package static let home = "Octopus.Home"
  /// Where the server keeps artifacts, if not in `Artifacts` in its home.
  package static let artifactsDirectory = "Octopus.Folders.ArtifactsDirectory"
}
