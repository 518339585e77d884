import Foundation

/// Held while a hub uses a folder. Whatever ends the program gives it back.
public final class HubLock: Sendable {
  /// Another hub uses the folder.
  public struct Taken: Error, CustomStringConvertible {
    public let directory: String

    public var description: String { "another hub runs on \(directory)" }
  }

  private let file: Int32

  init(_ directory: String) throws {
    try HubFolder.create(directory)
    file = open(directory + "/hub.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw Taken(directory: directory)
    }
  }

  deinit {
    close(file)
  }
}
