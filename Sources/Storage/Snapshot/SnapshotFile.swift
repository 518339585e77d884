// The file a snapshot is in: the pages of a database, its manifest, and where that begins. The sender's and the receiver's look alike; the
// receiver's may still have holes.

import DictaModels
import Foundation

/// A snapshot beside an archive. Only its owner may read it.
final class SnapshotFile: Sendable {
  /// What an archive sends: the file is kept for the next one that asks.
  static let suffix = "-snapshot"

  /// The same while it is being made.
  static let draftSuffix = "-snapshot-new"

  /// What an archive receives, until it is whole. An empty one says that a snapshot was refused, and that none is asked for
  /// as long as it is there.
  static let partSuffix = "-snapshot-part"

  /// What SQLite writes beside a draft, and brings back if it finds it there.
  private static let journalSuffix = "-journal"

  /// A draft without its journal does no harm; a journal without its draft would.
  private static let suffixes = [suffix, draftSuffix + journalSuffix, draftSuffix, partSuffix]

  let path: String
  let manifest: SnapshotManifest
  let descriptor: Int32

  /// Takes over the descriptor.
  private init(path: String, manifest: SnapshotManifest, descriptor: Int32) {
    (self.path, self.manifest, self.descriptor) = (path, manifest, descriptor)
  }

  deinit { Foundation.close(descriptor) }

  /// Stands behind the manifest's length, at the very end.
  private static let mark = Array("dictasnp".utf8)

  /// Nil unless there is one with its manifest.
  static func open(_ path: String) -> SnapshotFile? {
    let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    guard let manifest = try? manifest(in: descriptor) else {
      Foundation.close(descriptor)
      return nil
    }
    return SnapshotFile(path: path, manifest: manifest, descriptor: descriptor)
  }

  /// Makes an empty file where nothing is; nil if there is one.
  static func create(_ path: String) throws -> Int32? {
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 { return descriptor }
    if errno == EEXIST { return nil }
    throw ArchiveError.system(errno, path: path)
  }

  /// Writes the manifest behind where the pages are, or will be, and then takes over the descriptor.
  static func finish(_ path: String, _ descriptor: Int32, _ manifest: SnapshotManifest) throws -> SnapshotFile {
    let bytes = manifest.bytes
    try write(bytes + withUnsafeBytes(of: UInt64(bytes.count).bigEndian, Array.init) + mark, to: descriptor, at: manifest.byteCount, of: path)
    return SnapshotFile(path: path, manifest: manifest, descriptor: descriptor)
  }

  private static func manifest(in descriptor: Int32) throws -> SnapshotManifest? {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { return nil }
    let (byteCount, endByteCount) = (Int(information.st_size), 8 + mark.count)
    guard byteCount > endByteCount else { return nil }
    let end = try read(endByteCount, from: descriptor, at: byteCount - endByteCount, of: "")
    let length = end.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard end.suffix(mark.count).elementsEqual(mark), length < 20 << 20, Int(length) <= byteCount - endByteCount else { return nil }
    let start = byteCount - endByteCount - Int(length)
    let manifest = try SnapshotManifest(bytes: try read(Int(length), from: descriptor, at: start, of: ""))
    return manifest.byteCount == start ? manifest : nil
  }

  // MARK: Bytes

  static func read(_ count: Int, from descriptor: Int32, at offset: Int, of path: String) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(
        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer).prefix(count)), from: descriptor, at: offset, of: path)
      filled = count
    }
  }

  private static func read(into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int, of path: String) throws {
    var filled = 0
    while filled < buffer.count {
      let portion = pread(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, off_t(offset + filled))
      if portion < 0, errno == EINTR { continue }
      guard portion > 0 else { throw ArchiveError.system(portion < 0 ? errno : EIO, path: path) }
      filled += portion
    }
  }

  static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32, at offset: Int, of path: String) throws {
    let written = try Array(bytes).withUnsafeBytes { try write($0, to: descriptor, at: offset, of: path) }
    precondition(written == bytes.count, "everything is written or an error is thrown")
  }

  /// Linux takes larger pieces of memory for larger writes, and those it rarely has at hand: 256 KiB at a time take three times longer.
  private static let writeByteLimit = 16 << 10

  @discardableResult
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, of path: String) throws -> Int {
    var written = 0
    while written < bytes.count {
      let portion = pwrite(descriptor, bytes.baseAddress.map { $0 + written }, min(writeByteLimit, bytes.count - written), off_t(offset + written))
      if portion < 0, errno == EINTR { continue }
      guard portion > 0 else { throw ArchiveError.system(portion < 0 ? errno : ENOSPC, path: path) }
      written += portion
    }
    return written
  }

  func bytes(ofChunk number: Int) throws -> [UInt8] {
    let range = manifest.range(ofChunk: number)
    return try Self.read(range.count, from: descriptor, at: range.lowerBound, of: path)
  }

  /// The hashes of so many bytes in a file, chunk by chunk.
  static func chunkHashes(ofFirst byteCount: Int, in descriptor: Int32, of path: String) throws -> [Bytes32] {
    var hashes: [Bytes32] = []
    try eachChunkHash(ofFirst: byteCount, in: descriptor, of: path) { hash in
      hashes.append(hash)
      return true
    }
    return hashes
  }

  /// How many of the first chunks are those that the manifest names.
  ///
  /// - Complexity: O(their bytes).
  var rightChunkCount: Int {
    var count = 0
    try? Self.eachChunkHash(ofFirst: manifest.byteCount, in: descriptor, of: path) { hash in
      guard manifest.chunkHashes[count] == hash else { return false }
      count += 1
      return true
    }
    return count
  }

  /// Whether not even the first chunk is there.
  var holdsNothing: Bool {
    guard let first = manifest.chunkHashes.first else { return true }
    var isThere = false
    let byteCount = min(SnapshotManifest.chunkByteCount, manifest.byteCount)
    try? Self.eachChunkHash(ofFirst: byteCount, in: descriptor, of: path) { hash in
      isThere = hash == first
      return false
    }
    return !isThere
  }

  /// - Parameter body: returns whether to go on.
  private static func eachChunkHash(
    ofFirst byteCount: Int, in descriptor: Int32, of path: String, _ body: (Bytes32) -> Bool
  ) throws {
    // One for all: memory for another one each time is cleared by the system first.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: SnapshotManifest.chunkByteCount, alignment: 16)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: byteCount, by: buffer.count) {
      let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(byteCount - start))
      try read(into: chunk, from: descriptor, at: start, of: path)
      guard body(SnapshotManifest.hash(ofChunk: UnsafeRawBufferPointer(chunk))) else { return }
    }
  }

  /// Whether the path still leads to this very file.
  var isInPlace: Bool { Self.isInPlace(path, descriptor) }

  static func isInPlace(_ path: String, _ descriptor: Int32) -> Bool {
    var (here, there) = (stat(), stat())
    return fstat(descriptor, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev
  }

  // MARK: Age

  /// How long a file is kept that nobody asks for, or goes on with.
  private static let secondsKept = 24 * 60 * 60

  /// Notes that it was asked for.
  func touch() { futimens(descriptor, nil) }

  /// Removes what nobody asked for in a day.
  static func removeForgotten(beside path: String) {
    for suffix in suffixes {
      if let age = secondsSinceWritten(path + suffix), age > secondsKept { unlink(path + suffix) }
    }
  }

  static func removeJournal(of draft: String) { unlink(draft + journalSuffix) }

  static func removeDraft(_ draft: String) {
    removeJournal(of: draft)
    unlink(draft)
  }

  static func removeAll(beside path: String) {
    for suffix in suffixes { unlink(path + suffix) }
  }

  /// Nil if nothing is there.
  static func secondsSinceWritten(_ path: String) -> Int? {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    #if canImport(Darwin)
    return time(nil) - information.st_mtimespec.tv_sec
    #else
    return time(nil) - information.st_mtim.tv_sec
    #endif
  }
}

extension SnapshotFile: SnapshotSource {
  func chunk(_ number: Int) throws -> SnapshotChunk {
    SnapshotChunk(number: number, bytes: try bytes(ofChunk: number))
  }
}
