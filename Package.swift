// swift-tools-version: 6.2

import PackageDescription

// Targets carry the prefix `Dicta` because SwiftPM refuses an app that has a target of the same plain name; the folders don't need it.
let package = Package(
  name: "Dicta",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "Dicta", targets: ["DictaModels", "DictaStorage", "DictaSync"]),
    .executable(name: "demo-cli", targets: ["demo-cli"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .target(
      name: "DictaModels",
      dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      path: "Sources/Models"),
    .target(
      name: "DictaStorage",
      dependencies: [
        "DictaModels",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Sources/Storage"),
    .target(
      name: "DictaSync",
      dependencies: ["DictaModels", "DictaZlib"],
      path: "Sources/Sync"),
    .systemLibrary(
      name: "DictaZlib",
      path: "Sources/Zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .executableTarget(
      name: "demo-cli",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Sources/demo-cli"),
    .target(
      name: "DictaTestSupport",
      dependencies: ["DictaModels", .product(name: "Crypto", package: "swift-crypto")],
      path: "Tests/Support"),
    .executableTarget(
      name: "dicta-test-power",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport",
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      path: "Tests/TestPower"),
    .testTarget(
      name: "ModelsTests",
      dependencies: ["DictaModels", "DictaTestSupport"],
      path: "Tests/ModelsTests"),
    .testTarget(
      name: "SyncTests",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport", .product(name: "Crypto", package: "swift-crypto")],
      path: "Tests/SyncTests"),
    .executableTarget(
      name: "dicta-test-writer",
      dependencies: ["DictaModels", "DictaStorage"],
      path: "Tests/TestWriter"),
    .testTarget(
      name: "StorageTests",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport", "dicta-test-power", "dicta-test-writer",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Tests/StorageTests"),
    .target(
      name: "DictaSimulation",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport"],
      path: "Tests/Simulation"),
    .executableTarget(
      name: "dicta-simulate",
      dependencies: ["DictaSimulation"],
      path: "Tests/Simulate"),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport", "DictaSimulation"],
      path: "Tests/SimulationTests"),
    .target(
      name: "CDictaFaults",
      path: "Tests/Faults"),
    .executableTarget(
      name: "dicta-test-script",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport", "CDictaFaults"],
      path: "Tests/TestScript"),
    .testTarget(
      name: "CrashTests",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport", "dicta-test-script"],
      path: "Tests/CrashTests"),
    .testTarget(
      name: "DamageTests",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport"],
      path: "Tests/DamageTests"),
    .testTarget(
      name: "DemoCLITests",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync", "DictaTestSupport", "demo-cli",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/DemoCLITests"),
  ],
  swiftLanguageModes: [.v6]
)
