// swift-tools-version: 6.2

import PackageDescription

// Targets carry the prefix `Dicta` because SwiftPM refuses an app that has a target of the same plain name; the folders don't need it.
let package = Package(
  name: "Dicta",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "Dicta", targets: ["DictaModels", "DictaStorage", "DictaSync"]),
    .library(name: "DictaHub", targets: ["DictaHub"]),
    .library(name: "DictaSyncHTTP", targets: ["DictaSyncHTTP"]),
    .executable(name: "demo-cli", targets: ["demo-cli"]),
  ],
  // What is behind a trait is neither cloned nor built by a package that doesn't ask for it.
  traits: [
    .trait(name: "Hub", description: "DictaHub, and `demo-cli serve --port`: needs a web server."),
    .trait(name: "HTTP", description: "DictaSyncHTTP on Linux, and `demo-cli sync http://…`: needs a web client. Apple's systems have one."),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(
      name: "DictaModels",
      dependencies: ["DictaZlib", .product(name: "Crypto", package: "swift-crypto")],
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
    .target(
      name: "DictaHub",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Hub"])),
        .product(name: "HummingbirdTLS", package: "hummingbird", condition: .when(traits: ["Hub"])),
        .product(name: "Mustache", package: "swift-mustache", condition: .when(traits: ["Hub"])),
        .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Hub"])),
        .product(name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Hub"])),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["Hub"])),
      ],
      path: "Sources/Hub"),
    .target(
      name: "DictaSyncHTTP",
      dependencies: [
        "DictaModels", "DictaSync",
        .product(name: "AsyncHTTPClient", package: "async-http-client", condition: .when(traits: ["HTTP"])),
      ],
      path: "Sources/SyncHTTP"),
    .executableTarget(
      name: "demo-cli",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync", "DictaHub", "DictaSyncHTTP",
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
    .executableTarget(
      name: "dicta-hub-load",
      dependencies: ["DictaModels", "DictaStorage", "DictaSync", "DictaSyncHTTP", "DictaTestSupport"],
      path: "Tests/HubLoad"),
    .testTarget(
      name: "DemoCLITests",
      dependencies: [
        "DictaModels", "DictaStorage", "DictaSync", "DictaSyncHTTP", "DictaTestSupport", "demo-cli", "dicta-hub-load",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/DemoCLITests",
      swiftSettings: [.define("TestsURLSession")]),
  ],
  swiftLanguageModes: [.v6]
)
