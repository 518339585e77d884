// swift-tools-version: 6.2

import PackageDescription

// Fuzzers, to be built with libFuzzer and the address sanitizer: see README.md. What they check is in Tests/SyncTests/Fuzz, and linked to
// from here, because the tests of the corpus check the same.
let package = Package(
  name: "Fuzzing",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Dicta", path: "../.."),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .systemLibrary(name: "LibFuzzer", path: "Sources/LibFuzzer"),
    .target(
      name: "Properties",
      dependencies: [.product(name: "Dicta", package: "Dicta"), .product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "Mutation", dependencies: ["LibFuzzer", .product(name: "Dicta", package: "Dicta")]),
    fuzzer("frames"),
    fuzzer("changes"),
    fuzzer("receive"),
  ],
  swiftLanguageModes: [.v6]
)

/// libFuzzer has the `main`, so the compiler must make none.
func fuzzer(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: ["LibFuzzer", "Mutation", "Properties"], swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}
