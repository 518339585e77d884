import DictaModels
import DictaStorage
import DictaSync
import Foundation

/// A bundle as a file.
struct BundleFile {
  /// As it was named.
  let name: String

  // MARK: Reading

  /// Hands over its bytes in portions; nil at the end.
  func source() throws -> () async throws -> [UInt8]? {
    let handle = try openForReading()
    return {
      do {
        guard let data = try handle.read(upToCount: 1 << 18), !data.isEmpty else { return nil }
        return [UInt8](data)
      } catch {
        throw CommandFailure(.tryAgain, "\(name) can't be read on", hint: "look at the disk it is on")
      }
    }
  }

  var byteCount: Int {
    get throws {
      let handle = try openForReading()
      return Int(clamping: try handle.seekToEnd())
    }
  }

  /// Whether it begins like one.
  var isBundle: Bool {
    get throws { try beginning() == Frame.preface }
  }

  private func beginning() throws -> [UInt8] {
    [UInt8](try openForReading().read(upToCount: Frame.preface.count) ?? Data())
  }

  private func openForReading() throws -> FileHandle {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
      throw CommandFailure(.notFound, "there is no file \(name)", hint: "give the path of a bundle")
    }
    guard !isFolder.boolValue else { throw CommandFailure(.badData, "\(name) is a folder", hint: "give the path of a bundle") }
    guard let handle = FileHandle(forReadingAtPath: name) else {
      throw CommandFailure(.notAllowed, "\(name) can't be read", hint: "check its permissions")
    }
    return handle
  }

  // MARK: Writing

  /// Writes it beside, and puts it in its place when it is whole and safe on disk. Only a bundle is ever replaced.
  ///
  /// - Parameter body: gets what takes the bytes.
  func write<Value>(_ body: (_ sink: ([UInt8]) async throws -> Void) async throws -> Value) async throws -> Value {
    let target = URL(fileURLWithPath: name).resolvingSymlinksInPath().path
    // An empty file may be replaced too: `mktemp` makes one.
    if FileManager.default.fileExists(atPath: target), try !isPlainFile(target) || ![[], Frame.preface].contains(beginning()) {
      throw CommandFailure(.usage, "\(name) is there already, and is no bundle", hint: "choose another file; only a bundle is replaced")
    }
    let temporary = "\(target).\(ProcessInfo.processInfo.processIdentifier).new"
    guard FileManager.default.createFile(atPath: temporary, contents: nil), let handle = FileHandle(forWritingAtPath: temporary) else {
      throw CommandFailure(.notAllowed, "\(name) can't be written", hint: "check that its folder is there and yours")
    }
    do {
      let value = try await body { bytes in
        try Self.doing(name) { try handle.write(contentsOf: Data(bytes)) }
      }
      try Self.doing(name) {
        try handle.synchronize()
        try handle.close()
      }
      guard rename(temporary, target) == 0 else {
        throw CommandFailure(.notAllowed, "\(name) can't be replaced", hint: "check that its folder is yours")
      }
      syncFolder(of: target)
      return value
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
  }

  private static func doing(_ name: String, _ work: () throws -> Void) throws {
    do {
      try work()
    } catch {
      throw CommandFailure(.tryAgain, "\(name) can't be written on", hint: "there may be no room left on the disk")
    }
  }

  private func isPlainFile(_ path: String) throws -> Bool {
    try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeRegular
  }

  /// The new name must outlast a power cut too.
  private func syncFolder(of path: String) {
    let folder = open(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".", O_RDONLY)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}
