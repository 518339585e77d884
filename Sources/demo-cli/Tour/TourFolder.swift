import ArgumentParser
import Foundation
import Synchronization

/// A folder of the tour's own, which goes when the tour ends: well, badly, or by Ctrl-C.
struct TourFolder {
  private let path: String

  /// Runs `body` with a new folder and removes the folder afterwards.
  static func use<Result>(_ body: (TourFolder) async throws -> Result) async throws -> Result {
    let folder = try TourFolder()
    defer {
      // A folder that can't be removed is no reason to fail: the system clears its temporary files.
      try? FileManager.default.removeItem(atPath: folder.path)
      Interrupts.release()
    }
    return try await body(folder)
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { path + "/" + name }

  /// Ends the tour here if somebody pressed Ctrl-C; called between steps, which take a few milliseconds each.
  func stopIfInterrupted() throws {
    if let signal = Interrupts.caught { throw ExitCode(128 + signal) }
  }

  private init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-tour-\(UUID().uuidString)").path
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    } catch {
      throw CommandFailure(.notAllowed, "no folder can be made at \(path)", hint: "set TMPDIR to a folder that can be written")
    }
    Interrupts.hold()
  }
}

/// The signal that arrived last, 0 for none; atomic, since a handler may touch little else.
private let lastSignal = Atomic<Int32>(0)

/// Holds Ctrl-C and `kill` back until somebody asks for them.
private enum Interrupts {
  private static let signals = [SIGINT, SIGTERM]

  static func hold() {
    // Written first: globals are made when they are first used, and a handler is no place for that.
    lastSignal.store(0, ordering: .relaxed)
    for number in signals { signal(number) { lastSignal.store($0, ordering: .relaxed) } }
  }

  static func release() {
    for number in signals { signal(number, SIG_DFL) }
  }

  static var caught: Int32? {
    let number = lastSignal.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
