import Foundation
import Synchronization

/// Programs that tests run beside themselves.
public enum Launching {
  /// Foundation's `Process` crashes on Linux where many threads start one at once, so tests start them one by one.
  public static let lock = Mutex(())

  public struct Missing: Error {
    let program: String
  }

  /// A program that was built beside the test bundle.
  public static func executable(_ name: String) throws -> URL {
    final class Marker {}
    var folder = Bundle(for: Marker.self).bundleURL
    for _ in 0..<6 {
      let candidate = folder.appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    throw Missing(program: name)
  }
}
