// swift-tools-version: 6.2
import PackageDescription

// Warnings stop CI, not an admin who builds with a newer compiler.
let strictness: [SwiftSetting] =
  Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

let rules: [SwiftSetting] =
  strictness + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
  ]

// Every room but Native: a single `unsafe` would be an error.
let safeRules = rules + [.treatWarning("StrictMemorySafety", as: .error)]

// Which commit is built, as `samples/install.sh` knows it; only letters of a version can come in that way.
let commit = Context.environment["OCTOKEY_COMMIT"] ?? ""
let commitSettings: [CSetting] =
  !commit.isEmpty && commit.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  ? [.define("OCTOKEY_COMMIT", to: "\"\(commit)\"")] : []

let package = Package(
  name: "octokey",
  products: [.executable(name: "octokey", targets: ["octokey"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CODBC", pkgConfig: "odbc", providers: [.apt(["unixodbc-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CLinux", cSettings: commitSettings),
    .target(
      name: "Native",
      dependencies: ["CLibXML2", "CLibCrypto", "CSQLite", "CODBC", "CZlib", "CLinux"],
      swiftSettings: rules),
    .target(name: "OctopusKeys", dependencies: ["Native"], swiftSettings: safeRules),
    .target(name: "Stores", dependencies: ["Native", "OctopusKeys"], swiftSettings: safeRules),
    .executableTarget(
      name: "octokey",
      dependencies: [
        "Native", "OctopusKeys", "Stores",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: safeRules,
      // All symbols are bound at the start. Later the linker would save the registers on the stack, with keys in them.
      linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]),
    .target(name: "Outside", path: "Tests/Outside", swiftSettings: strictness),
    .testTarget(
      name: "NativeTests", dependencies: ["Native", "Outside"], swiftSettings: strictness),
    .testTarget(
      name: "OctopusKeysTests", dependencies: ["Native", "OctopusKeys", "Outside"],
      resources: [.copy("Vectors")],
      swiftSettings: strictness),
    .testTarget(
      name: "StoresTests", dependencies: ["Native", "OctopusKeys", "Stores", "Outside"],
      swiftSettings: strictness),
    .testTarget(
      name: "CommandTests", dependencies: ["octokey", "Outside"], swiftSettings: strictness),
  ],
  swiftLanguageModes: [.v6]
)
