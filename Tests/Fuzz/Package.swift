// swift-tools-version: 6.2
// The fuzzers: one program, built with libFuzzer and AddressSanitizer from the sources of octokey itself, to
// which the symbolic links in this folder lead. A package of its own, so that no other build knows of it.
import PackageDescription

let rules: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "fuzz",
  targets: [
    .systemLibrary(name: "CLibXML2", path: "Sources/CLibXML2", pkgConfig: "libxml-2.0"),
    .systemLibrary(name: "CLibCrypto", path: "Sources/CLibCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CODBC", path: "Sources/CODBC", pkgConfig: "odbc"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
    .target(name: "CLinux", path: "Sources/CLinux"),
    .target(
      name: "Native",
      dependencies: ["CLibXML2", "CLibCrypto", "CSQLite", "CODBC", "CZlib", "CLinux"],
      path: "Sources/Native", swiftSettings: rules),
    .target(
      name: "OctopusKeys", dependencies: ["Native"], path: "Sources/OctopusKeys",
      swiftSettings: rules),
    .target(
      name: "Stores", dependencies: ["Native", "OctopusKeys"], path: "Sources/Stores",
      swiftSettings: rules),
    // The part of the program that reads reports: without what parses its command line.
    .target(
      name: "Reports", dependencies: ["Native", "OctopusKeys"], path: "Reports",
      swiftSettings: rules),
    .executableTarget(
      name: "fuzz",
      dependencies: ["Native", "OctopusKeys", "Stores", "Reports", "CLibXML2", "CSQLite", "CZlib"],
      // The slow readers, at least, without the price of debugging: octokey itself takes four minutes to optimise.
      path: "Fuzzers", swiftSettings: [.unsafeFlags(["-O"])]),
  ],
  swiftLanguageModes: [.v6]
)
