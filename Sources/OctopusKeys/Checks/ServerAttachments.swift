// Files of the server that its own rotation re-encrypts and octokey does not: attachments under the artifacts folder
// (octopus-formats, section 8.1). How their bytes are framed is not public, so they are counted and left as they are.
// Whoever rotates has to know that they are there: without the old key they cannot be read any more.

package import Native

package struct ServerAttachments: Equatable, Sendable {
  package struct Counts: Equatable, Sendable {
    package var files = 0
    /// Of the files, those that were looked into.
    package var examined = 0
    /// Of those, the ones that decrypt with the old key as vector and ciphertext: judged by the padding, which a wrong
    /// key passes once in 255 times.
    package var decrypted = 0
    /// Links, and what is neither a file nor a folder.
    package var notFollowed = 0
    /// Files and folders.
    package var unreadable = 0
    /// Why the first of them cannot be read.
    package var trouble: NativeError?
  }

  package enum Outcome: Equatable, Sendable {
    case counted(Counts)
    /// The folder that the config names is not on this machine.
    case notFound
    /// The config names a path of Windows, which means nothing here.
    case ofWindows
    case unreadable(NativeError)
  }

  /// The folder of the attachments; where that was not looked for, the one that it would be in.
  package let folder: String
  package let outcome: Outcome

  /// The most files that are looked into. All are counted.
  static let examinedAtMost = 10_000

  package static let folderName = "KubernetesResourceManifests"

  /// Looks for attachments of the node with these settings. Its config is in `folder`.
  ///
  /// - Parameter key: the key to try; nil to count only.
  /// - Returns: nil if there are none, nor anything that could hide some.
  static func look(
    for settings: NodeConfig, in folder: String, _ key: ValueCipher?, _ cancellation: Cancellation
  ) throws(RotationError) -> ServerAttachments? {
    let artifacts = ArtifactsFolder(settings, configFolder: folder)
    if artifacts.isOfWindows { return .init(folder: artifacts.path, outcome: .ofWindows) }
    let attachments = artifacts.path + "/" + folderName
    do throws(NativeError) {
      guard try artifacts.isThere() else {
        guard try artifacts.isExpected() else { return nil }
        return .init(folder: artifacts.path, outcome: .notFound)
      }
      guard try FileStatus.isThere(attachments) else { return nil }
    } catch {
      return .init(folder: artifacts.path, outcome: .unreadable(error))
    }
    let walk: FolderWalk
    do throws(NativeError) {
      walk = try FolderWalk(attachments)
    } catch {
      return .init(folder: attachments, outcome: .unreadable(error))
    }
    let counts = try count(walk, key, cancellation)
    return counts == Counts() ? nil : .init(folder: attachments, outcome: .counted(counts))
  }

  private static func count(
    _ walk: FolderWalk, _ key: ValueCipher?, _ cancellation: Cancellation
  ) throws(RotationError) -> Counts {
    var counts = Counts()
    while let found = walk.next() {
      try cancellation.check()
      switch found {
      case .other: counts.notFollowed += 1
      case .unreadable(let error): counts.note(error)
      case .file:
        counts.files += 1
        guard let key, counts.files <= examinedAtMost else { continue }
        let end: (size: Int, bytes: [UInt8])
        do throws(NativeError) {
          // The last two blocks: the second is decrypted with the first, or with the vector.
          end = try walk.end(count: 32)
        } catch {
          counts.note(error)
          continue
        }
        counts.examined += 1
        guard end.bytes.count == 32, end.size % 16 == 0 else { continue }
        if try rethrow(as: RotationError.native, key.paddingFits(end.bytes.span)) {
          counts.decrypted += 1
        }
      }
    }
    return counts
  }
}

extension ServerAttachments.Counts {
  fileprivate mutating func note(_ error: NativeError) {
    unreadable += 1
    trouble = trouble ?? error
  }
}

/// Where a server keeps artifacts, by its config.
private struct ArtifactsFolder {
  let path: String
  /// The folder that must be there on the server's own machine: the one that a setting names.
  private let named: String?

  let isOfWindows: Bool

  /// - Parameter configFolder: where relative paths start.
  init(_ settings: NodeConfig, configFolder: String) {
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") || ArtifactsFolder.isOfWindows(path) ? path : configFolder + "/" + path
    }
    if let value = settings.value(of: SettingName.artifactsDirectory) {
      path = absolute(value)
      named = path
    } else {
      let home = settings.value(of: SettingName.home).map(absolute)
      named = home
      let isOfWindows = home.map(ArtifactsFolder.isOfWindows) ?? false
      path = (home ?? configFolder) + (isOfWindows ? "\\Artifacts" : "/Artifacts")
    }
    isOfWindows = ArtifactsFolder.isOfWindows(path)
  }

  func isThere() throws(NativeError) -> Bool { try ArtifactsFolder.isThere(path) }

  /// Whether the server has it if it ever ran with this config here, or has what it would be in.
  func isExpected() throws(NativeError) -> Bool {
    guard let named else { return false }
    return try !ArtifactsFolder.isThere(named)
  }

  private static func isThere(_ path: String) throws(NativeError) -> Bool {
    do throws(NativeError) {
      _ = try FileStatus.read(path)
      return true
    } catch {
      guard error.isNotFound else { throw error }
      return false
    }
  }

  /// `C:\Octopus`, `D:/Octopus`, `\\server\share`.
  private static func isOfWindows(_ path: String) -> Bool {
    path.hasPrefix("\\")
      || path.first?.isLetter == true && [":", ":\\", ":/"].contains(path.dropFirst().prefix(2))
  }
}

extension RotationPlan {
  /// The attachments of the node with these settings, and how many of them decrypt with the old key; nil where the
  /// config is out of reach.
  package func attachments(_ settings: NodeConfig) throws(RotationError) -> ServerAttachments? {
    guard let config = target.config else { return nil }
    let cipher = try rethrow(as: RotationError.native, ValueCipher(oldKey))
    return try ServerAttachments.look(for: settings, in: config.folder, cipher, cancellation)
  }
}

extension ConfigFile {
  /// The attachments of the node with these settings, counted only.
  package func attachments(
    _ settings: NodeConfig, _ cancellation: Cancellation
  ) throws(RotationError) -> ServerAttachments? {
    try ServerAttachments.look(for: settings, in: folder, nil, cancellation)
  }
}
