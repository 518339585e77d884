// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Dicta", path: "..")
  ],
  targets: [
    .executableTarget(name: "quickstart", dependencies: [.product(name: "Dicta", package: "Dicta")])
  ],
  swiftLanguageModes: [.v6]
)
