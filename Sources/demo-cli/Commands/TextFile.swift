import DictaModels
import Foundation

/// The file an article's text is read from.
struct TextFile {
  private let path: String

  /// - Parameter path: `-` is standard input.
  init(_ path: String) {
    self.path = path
  }

  /// Reads all of it and changes nothing: byte order marks, line ends and normalisation stay.
  func read() throws -> ArticleText {
    let bytes = try bytes()
    guard bytes.contains(where: { $0 > 0x20 }) else {
      throw CommandFailure(.badData, "\(bytes.isEmpty ? "there is nothing" : "there are no words") in \(name)", hint: "give the article's text")
    }
    do {
      return try ArticleText(utf8: bytes)
    } catch .invalidUTF8(let offset) {
      throw CommandFailure(.badData, "\(name) is not UTF-8 from byte \(offset) on", hint: "convert it to UTF-8 first")
    } catch .tooLong {
      throw CommandFailure(
        .badData, "\(name) has more than the \(ArticleText.byteLimit >> 20) MiB an article may have", hint: "split it into several articles")
    }
  }

  private var name: String { path == "-" ? "standard input" : path }

  /// One byte more than a text may have is enough to see that it is too long.
  private func bytes() throws -> [UInt8] {
    let limit = ArticleText.byteLimit + 1
    let handle: FileHandle
    if path == "-" {
      handle = .standardInput
    } else {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
        throw CommandFailure(.notFound, "there is no file \(path)", hint: "give the path of a text file, or - for standard input")
      }
      guard !isDirectory.boolValue else { throw CommandFailure(.badData, "\(path) is a folder", hint: "give the path of a text file") }
      guard let opened = FileHandle(forReadingAtPath: path) else {
        throw CommandFailure(.notAllowed, "\(path) can't be read", hint: "check its permissions")
      }
      handle = opened
    }
    var bytes: [UInt8] = []
    while bytes.count < limit, let data = try handle.read(upToCount: min(1 << 20, limit - bytes.count)), !data.isEmpty { bytes += data }
    return bytes
  }
}
