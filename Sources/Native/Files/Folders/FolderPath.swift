// Opening a folder by its path, one name after the other: whose links are followed on the way, and below a root none.

internal import CLinux
internal import Glibc

extension Descriptor {
  static func folder(of path: FilePath) throws(NativeError) -> Descriptor {
    try folder(at: path.folder)
  }

  /// Opens the folder at `path`. A symbolic link on the way is followed if it belongs to root, to us, or to whom the
  /// folder belongs: anyone else would lead us where he may not go himself.
  ///
  /// - Throws: `NativeError.foreignLink`, `.tooManyLinks`, `.system`.
  static func folder(at path: String) throws(NativeError) -> Descriptor {
    var place = path.hasPrefix("/") ? "/" : "."
    var folder = try step(AT_FDCWD, place, of: path)
    var names = Descriptor.names(in: path)
    var links: [(path: String, user: UInt32)] = []
    while let name = names.popLast() {
      let inner = place == "/" ? "/" + name : place + "/" + name
      guard let link = try folder.status(of: name), link.kind == .symbolicLink else {
        folder = try step(folder.number, name, of: path)
        place = inner
        continue
      }
      guard links.count < mostLinks else { throw .tooManyLinks(path: path) }
      links.append((inner, link.owner.user))
      let target = try folder.target(ofLink: name)
      if target.hasPrefix("/") {
        place = "/"
        folder = try step(AT_FDCWD, place, of: path)
      }
      names += Descriptor.names(in: target)
    }
    // What was opened so far only serves to look up names.
    let number = folder.number
    let opened = try repeating("open", path) {
      unsafe Int(openat(number, ".", O_RDONLY | O_DIRECTORY | Descriptor.always))
    }
    let found = Descriptor(number: Int32(opened), path: path)
    if !links.isEmpty {
      try requireTrusted(links, to: found.status(), place)
    }
    return found
  }

  /// Fails for a link that neither root, nor we, nor the owner of what it leads to has made.
  static func requireTrusted(
    _ links: [(path: String, user: UInt32)], to target: FileStatus, _ path: String
  ) throws(NativeError) {
    let users = [0, geteuid(), target.owner.user]
    if let link = links.first(where: { !users.contains($0.user) }) {
      throw .foreignLink(path: link.path, target: path)
    }
  }

  /// As many as the kernel follows.
  static let mostLinks = 40

  /// Where the symbolic link `name` in this folder leads to, as it says.
  func target(ofLink name: String) throws(NativeError) -> String {
    var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let number = number
    let length = try repeating("readlink", path) {
      unsafe text.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return -1 }
        return unsafe readlinkat(
          number, name, base.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    }
    return String(decoding: text[..<length], as: UTF8.self)
  }

  /// Opens the folder at `path` in the folder `root`, which may be reached through links; below it none is followed.
  ///
  /// - Parameter path: `.` for `root` itself.
  /// - Throws: `NativeError.changedMeanwhile` where something on the way is not a folder: whoever lists folders knows
  ///   that it was one; `.belongsToOther`.
  static func folder(_ path: String, below root: String) throws(NativeError) -> Descriptor {
    var folder = try folder(at: root)
    var owner = try folder.requireInPlace()
    var place = root
    for name in path.utf8.split(separator: UInt8(ascii: "/")).map({ String(Substring($0)) })
    where name != "." {
      place += "/" + name
      folder = try folder.folder(name, place)
      let inner = try folder.status().owner.user
      try requireInPlace(place, of: inner, in: owner)
      owner = inner
    }
    return folder
  }

  /// Fails for a folder that the owner of the folder around could have moved there.
  ///
  /// - Returns: the user to whom it belongs.
  private func requireInPlace() throws(NativeError) -> UInt32 {
    let owner = try status().owner.user
    // A folder that was removed is in none.
    guard let around = try status(of: "..") else {
      throw .system(call: "open", path: path, errno: ENOENT)
    }
    try Descriptor.requireInPlace(path, of: owner, in: around.owner.user)
    return owner
  }

  /// The owner of the folder around could make root change a folder of another user by moving it there.
  private static func requireInPlace(
    _ path: String, of owner: UInt32, in around: UInt32
  ) throws(NativeError) {
    guard geteuid() != 0 || [owner, 0].contains(around) else {
      throw .belongsToOther(path: path, user: owner)
    }
  }

  /// Opens a folder in this one; a link is not followed.
  ///
  /// - Parameter path: for errors.
  func folder(_ name: String, _ path: String) throws(NativeError) -> Descriptor {
    do throws(NativeError) {
      return try open(FilePath(path), as: name, O_RDONLY | O_DIRECTORY)
    } catch .system(_, _, ENOTDIR), .system(_, _, ELOOP) {
      throw .changedMeanwhile(path: path)
    }
  }

  /// The names in a path, the last one first.
  private static func names(in path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
      .filter { $0 != "." }.reversed()
  }

  private static func step(
    _ folder: Int32, _ name: String, of path: String
  ) throws(NativeError) -> Descriptor {
    let number = try repeating("open", path) { unsafe Int(octokey_open_step(folder, name)) }
    return Descriptor(number: Int32(number), path: path)
  }
}

extension Descriptor {
  /// All names in this folder, in the order of their bytes.
  func names() throws(NativeError) -> [String] {
    let number = number
    let copy = try repeating("openat", path) {
      unsafe Int(openat(number, ".", O_RDONLY | O_DIRECTORY | Descriptor.always))
    }
    guard let list = unsafe fdopendir(Int32(copy)) else {
      let failure = NativeError.system(call: "opendir", path: path, errno: errno)
      close(Int32(copy))
      throw failure
    }
    defer { unsafe closedir(list) }
    return try unsafe FolderNames.all(of: list, path)
  }

  /// Removes everything in this folder, which no other user may write to; no link is followed.
  func removeContents() throws(NativeError) {
    for name in try names() {
      let (number, path) = (number, path)
      if try status(of: name)?.kind == .folder {
        try folder(name, path + "/" + name).removeContents()
        try repeating("unlink", path) { unsafe Int(unlinkat(number, name, AT_REMOVEDIR)) }
      } else {
        try repeating("unlink", path) { unsafe Int(unlinkat(number, name, 0)) }
      }
    }
  }
}
