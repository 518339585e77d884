// How a witness lies on the disk. With each change that is sent it has to be written and synced, and to make a file, sync it and rename it
// takes longer than all else that is to be done. So the file has two lines of the same length, each a witness of its own, which are
// written in turn and in place: whatever becomes of one of them, the other says what was known before.

import DictaModels
import Foundation

/// What is known of the file of a witness, so that it is understood once, and not each time it is looked at.
///
/// A line is JSON, blanks, and how often the file was written, with which the JSON begins, too. So it shows whether a line was written to
/// its end. The second line of a new file is blank.
struct WitnessFile {
  /// As they were read or written last, from this file.
  private var bytes: [UInt8] = []
  private var inode: UInt64 = 0
  private var witness: Witness?

  /// The line in which the witness stands; nil in the form that had only one, and where something is damaged.
  private var newest: Int?

  /// The line that is known to be on the disk: a power cut leaves it, so it stays until the other one is there.
  private var lasting: Int?

  /// Lines of their own pages: a disk that is interrupted spoils no more than one.
  private static let lineUnit = 4096

  /// Room for the largest count, and what parts it from the JSON.
  private static let countWidth = 20

  init() {}

  // MARK: Reading

  /// Nil if there is none, or it is no witness, or somebody else's.
  ///
  /// - Throws: if the system can't read it just now: that is no reason to take it for lost, and the key with it.
  mutating func read(beside path: String) throws -> Witness? {
    guard let (bytes, inode) = try Self.contents(of: path + Witness.suffix) else {
      self = WitnessFile()
      return nil
    }
    // Somebody else may have written it, within the same tick of the clock, so its times don't tell.
    if inode == self.inode, bytes == self.bytes { return witness }
    self = WitnessFile()
    (self.bytes, self.inode) = (bytes, inode)
    understand()
    return witness
  }

  private mutating func understand() {
    if let single = Witness(json: bytes) {
      witness = single
      return
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map(Line.init)
    let whole = lines.indices.filter { lines[$0].isWhole }.max { lines[$0].count ?? 0 < lines[$1].count ?? 0 }
    guard let whole else {
      witness = lines.lazy.compactMap(\.witness).first?.distrusted
      return
    }
    // One that was written to its end, and isn't what was written, may have said more than the other.
    if lines.contains(where: { $0.isDamaged && $0.count ?? 0 >= lines[whole].count ?? 0 }) {
      witness = lines[whole].witness?.distrusted
    } else {
      (witness, newest) = (lines[whole].witness, whole)
    }
  }

  private struct Line {
    let witness: Witness?

    /// What stands at its end, if that stands at its beginning too: else it wasn't written to its end.
    let count: Int64?

    init(_ bytes: ArraySlice<UInt8>) {
      guard let end = bytes.lastIndex(of: UInt8(ascii: "}")) else {
        (witness, count) = (nil, nil)
        return
      }
      let digits = String(decoding: bytes[(end + 1)...], as: UTF8.self).drop(while: { $0 == " " })
      let json = bytes[...end]
      count = json.starts(with: Array(#"{"count":\#(digits),"#.utf8)) ? Int64(digits) : nil
      witness = Witness(json: json)
    }

    var isWhole: Bool { count != nil && witness?.isWhole == true && witness?.count == count }
    var isDamaged: Bool { count != nil && !isWhole }
  }

  private static func contents(of path: String) throws -> (bytes: [UInt8], inode: UInt64)? {
    let descriptor = Foundation.open(path, O_RDONLY)
    guard descriptor >= 0 else {
      if [ENOENT, ENOTDIR, EACCES, EPERM].contains(errno) { return nil }
      throw ArchiveError.system(errno, path: path)
    }
    defer { Foundation.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw ArchiveError.system(errno, path: path) }
    // Nobody writes one that large.
    guard status.st_size <= 1 << 20 else { return nil }
    // One more than there should be shows its end.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var count = 0
    while count < bytes.count {
      let step = bytes.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count) }
      if step < 0, errno != EINTR { throw ArchiveError.system(errno, path: path) }
      if step == 0 { break }
      count += max(0, step)
    }
    bytes.removeLast(bytes.count - count)
    return (bytes, UInt64(status.st_ino))
  }

  // MARK: Writing

  /// Reads the witness, lets `body` change it, and writes it if that says so. Only under the lock of the database, as all who write it.
  ///
  /// - Parameter isLasting: whether a power cut may not bring the one before back.
  mutating func update(beside path: String, isLasting: Bool, _ body: (inout Witness) throws -> Bool) throws {
    guard var witness = try read(beside: path) else { return }
    guard try body(&witness) else {
      if isLasting { try settle(beside: path) }
      return
    }
    witness.count += 1
    do {
      if try overwrite(with: witness, beside: path, isLasting: isLasting) { return }
    } catch {
      // What is there now is to be read before anything is made of it.
      self = WitnessFile()
      throw error
    }
    self = WitnessFile()
    try Self.replace(beside: path, by: witness)
  }

  /// Syncs what is there already, if nobody of this process has: a process may have ended between writing and syncing it.
  private mutating func settle(beside path: String) throws {
    guard lasting == nil, let newest else { return }
    let descriptor = Foundation.open(path + Witness.suffix, O_WRONLY)
    guard descriptor >= 0 else { return }
    defer { Foundation.close(descriptor) }
    try Self.syncToDisk(descriptor, path)
    lasting = newest
  }

  /// Writes a line in place.
  ///
  /// - Returns: false, and nothing is written, where there is no such line to write it over.
  private mutating func overwrite(with witness: Witness, beside path: String, isLasting: Bool) throws -> Bool {
    let width = bytes.count / 2
    guard let newest, bytes.count == 2 * width, width > 0, bytes[width - 1] == UInt8(ascii: "\n"), bytes[2 * width - 1] == UInt8(ascii: "\n"),
      let line = Self.line(witness, width: width)
    else { return false }
    let descriptor = Foundation.open(path + Witness.suffix, O_WRONLY)
    guard descriptor >= 0 else { return false }
    defer { Foundation.close(descriptor) }
    let lasting = self.lasting ?? newest
    if self.lasting == nil {
      // Whoever copied it may have let others read it.
      fchmod(descriptor, 0o600)
      try Self.syncToDisk(descriptor, path)
    }
    try Self.write(line, to: descriptor, at: (1 - lasting) * width, path)
    if isLasting { try Self.syncToDisk(descriptor, path) }
    bytes.replaceSubrange((1 - lasting) * width..<(2 - lasting) * width, with: line)
    (self.witness, self.newest, self.lasting) = (witness, 1 - lasting, isLasting ? 1 - lasting : lasting)
    return true
  }

  /// Nil if it takes more room.
  private static func line(_ witness: Witness, width: Int) -> [UInt8]? {
    var line = witness.json
    guard line.count + countWidth < width else { return nil }
    let count = Array("\(witness.count)\n".utf8)
    line += [UInt8](repeating: UInt8(ascii: " "), count: width - line.count - count.count)
    return line + count
  }

  /// Puts a new file into place in one step; only its owner may read it. Nothing but a new origin, and more than fits into a line, needs it.
  ///
  /// - Parameter name: the archive that errors name, if it gets its real name only later.
  static func replace(beside path: String, for name: String? = nil, by witness: Witness) throws {
    var witness = witness
    witness.count = max(1, witness.count)
    let name = name ?? path
    let width = (witness.json.count + countWidth) / lineUnit * lineUnit + lineUnit
    guard var bytes = line(witness, width: width) else { preconditionFailure("a line was made for \(witness.json.count) bytes") }
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: width - 1) + [UInt8(ascii: "\n")]
    let temporary = path + Witness.suffix + ".new"
    try? FileManager.default.removeItem(atPath: temporary)
    let descriptor = Foundation.open(temporary, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    guard descriptor >= 0 else { throw ArchiveError.system(errno, path: name + Witness.suffix) }
    do {
      defer { Foundation.close(descriptor) }
      try write(bytes, to: descriptor, at: 0, name)
      guard fsync(descriptor) == 0 else { throw ArchiveError.system(errno, path: name + Witness.suffix) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path + Witness.suffix) == 0 else {
      let code = errno
      unlink(temporary)
      throw ArchiveError.system(code, path: name + Witness.suffix)
    }
    syncFolder(of: path)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int, _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(offset + done)) }
      guard count >= 0 || errno == EINTR else { throw ArchiveError.system(errno, path: path + Witness.suffix) }
      done += max(0, count)
    }
  }

  /// Its size and place don't change, so its content is all there is to sync.
  private static func syncToDisk(_ descriptor: Int32, _ path: String) throws {
    #if canImport(Darwin)
    // Plain fsync leaves data in the drive's cache there. Some file systems know nothing else.
    if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    let code = fsync(descriptor)
    #else
    let code = fdatasync(descriptor)
    #endif
    guard code == 0 else { throw ArchiveError.system(errno, path: path + Witness.suffix) }
  }

  /// A file that was renamed is safe once its folder is synced. Where folders can't be, nothing better can be done.
  private static func syncFolder(of path: String) {
    let descriptor = Foundation.open(ArchiveFile.folder(of: path), O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    Foundation.close(descriptor)
  }
}
