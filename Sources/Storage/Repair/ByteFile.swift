import Foundation

/// A file that is only ever read, whatever its bytes are.
final class ByteFile {
  private let descriptor: Int32
  let byteCount: Int

  /// Nil if it can't be opened, or is no plain file. A pipe is not waited for.
  init?(_ path: String) {
    let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      Foundation.close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit {
    Foundation.close(descriptor)
  }

  /// The bytes from an offset on; fewer where the file ends, or the disk can't read them.
  func bytes(at offset: Int, count: Int) -> [UInt8] {
    guard offset >= 0, count > 0, offset < byteCount else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        guard got > 0 else { break }
        filled += got
      }
    }
  }
}

extension [UInt8] {
  /// A big-endian number; 0 where the bytes end before it does.
  func number(at offset: Int, byteCount: Int) -> UInt64 {
    guard offset >= 0, offset + byteCount <= count else { return 0 }
    return self[offset..<offset + byteCount].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
