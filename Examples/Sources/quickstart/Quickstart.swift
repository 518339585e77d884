import Foundation

/// Runs what the README shows, in a folder that goes when it is done.
@main
struct Quickstart {
  static func main() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-quickstart-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await tenLines(in: folder)
  }
}
