import DictaTestSupport
import Foundation
import Synchronization

/// A machine's disk, as far as it keeps what was written: everything up to the last sync of each file, and of what came after it what chance lets
/// through.
///
/// The files are real ones in a folder; this knows what of them would still be there if the power failed now.
final class Disk: Sendable {
  /// What a power cut does to what wasn't synced.
  enum Cut: CaseIterable, Sendable {
    /// All of it is lost.
    case losesEverything
    /// Of each file what was written first survives.
    case keepsBeginnings
    /// Any of it survives, sector by sector.
    case keepsAnything
  }

  enum Write: Sendable {
    case bytes(offset: Int, [UInt8])
    case truncation(Int)
    case deletion
  }

  /// A file as it was synced last, and what was done since. Nil content: it isn't there.
  private struct Image: Sendable {
    var content: [UInt8]?
    var unsynced: [Write] = []

    mutating func sync() {
      for write in unsynced { apply(write) }
      unsynced = []
      content = content ?? []
    }

    mutating func syncDeletions() {
      while unsynced.contains(where: { if case .deletion = $0 { true } else { false } }) { apply(unsynced.removeFirst()) }
    }

    mutating func apply(_ write: Write) {
      switch write {
      case .bytes(let offset, let bytes):
        // In place: contents are large and writes are many.
        var all = content ?? []
        content = nil
        if all.count < offset + bytes.count { all += [UInt8](repeating: 0, count: offset + bytes.count - all.count) }
        all.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        content = all
      case .truncation(let count): content = Array((content ?? []).prefix(count))
      case .deletion: content = nil
      }
    }
  }

  private struct State {
    var images: [String: Image] = [:]
    /// Counts the machine's starts. What was opened before the last one has no power.
    var start = 0
    var isOff = false
    /// How many more writes and syncs there will be before the power fails.
    var fuse: Int?
    var cut = Cut.losesEverything
    var random: SeededRandom
    /// What is left of each file after the power failed.
    var remains: [String: [UInt8]?] = [:]
    var writeCount = 0
    var syncCount = 0
  }

  let folder: String

  /// Whether it says that it has synced what it hasn't, as some do: then no promise can hold, and a history has to notice.
  let isLying: Bool
  private let state: Mutex<State>

  init(folder: String, seed: UInt64, isLying: Bool = false) {
    (self.folder, self.isLying) = (folder, isLying)
    state = Mutex(State(random: SeededRandom(seed: seed)))
  }

  var isOff: Bool { state.withLock { $0.isOff } }
  var start: Int { state.withLock { $0.start } }
  var counts: (writes: Int, syncs: Int) { state.withLock { ($0.writeCount, $0.syncCount) } }

  // MARK: What SQLite does

  func isOn(since start: Int) -> Bool { state.withLock { !$0.isOff && $0.start == start } }

  func open(_ path: String) {
    state.withLock { state in
      if state.images[path] == nil { state.images[path] = Image(content: Self.read(path)) }
    }
  }

  /// - Returns: whether there was power for it.
  func write(_ write: Write, to path: String, since start: Int, isSynced: Bool = false) -> Bool {
    state.withLock { state in
      guard !state.isOff, state.start == start, !burns(&state) else { return false }
      state.images[path, default: Image()].unsynced.append(write)
      if isSynced {
        for write in state.images[path]?.unsynced ?? [] { state.images[path]?.apply(write) }
        state.images[path]?.unsynced = []
      }
      state.writeCount += 1
      return true
    }
  }

  func sync(_ path: String, since start: Int) -> Bool {
    state.withLock { state in
      guard !state.isOff, state.start == start, !burns(&state) else { return false }
      // SQLite syncs the folder with a file that is new there, and with it what was deleted before.
      if state.images[path, default: Image()].content == nil {
        for path in Array(state.images.keys) { state.images[path]?.syncDeletions() }
      }
      if !isLying || !path.hasSuffix("-wal") { state.images[path]?.sync() }
      state.syncCount += 1
      return true
    }
  }

  private func burns(_ state: inout State) -> Bool {
    guard let left = state.fuse else { return false }
    state.fuse = left - 1
    guard left <= 0 else { return false }
    turnOff(&state)
    return true
  }

  // MARK: Power

  /// The power will fail after so many more writes and syncs.
  func burn(after count: Int, _ cut: Cut) {
    state.withLock { ($0.fuse, $0.cut) = (count, cut) }
  }

  /// The power doesn't fail after all.
  func spare() {
    state.withLock { $0.fuse = nil }
  }

  func cut(_ cut: Cut) {
    state.withLock { state in
      guard !state.isOff else { return }
      state.cut = cut
      turnOff(&state)
    }
  }

  private func turnOff(_ state: inout State) {
    state.isOff = true
    state.fuse = nil
    for (path, image) in state.images.sorted(by: { $0.key < $1.key }) {
      state.remains[path] = .some(remains(of: image, state.cut, &state.random))
    }
    // Other files are synced by whoever writes them, and replaced in one step.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix("-witness") {
      state.remains[folder + "/" + name] = .some(Self.read(folder + "/" + name))
    }
  }

  private func remains(of image: Image, _ cut: Cut, _ random: inout SeededRandom) -> [UInt8]? {
    var image = image
    let writes = image.unsynced
    switch cut {
    case .losesEverything: return image.content
    case .keepsBeginnings:
      for write in writes.prefix(Int(random.next() % UInt64(writes.count + 1))) { image.apply(write) }
    case .keepsAnything:
      for write in writes {
        switch write {
        case .bytes(let offset, let bytes):
          for start in stride(from: 0, to: bytes.count, by: 512) where random.happens(percent: 50) {
            image.apply(.bytes(offset: offset + start, Array(bytes[start..<min(start + 512, bytes.count)])))
          }
        case .truncation: if random.happens(percent: 50) { image.apply(write) }
        case .deletion:
          // What is written later goes to another file of that name.
          guard random.happens(percent: 50) else { return image.content }
          image.apply(write)
        }
      }
    }
    return image.content
  }

  /// Puts the files there as the power cut left them. Databases keep their inodes, as on a real disk.
  func restart() throws {
    try state.withLock { state in
      precondition(state.isOff, "only what is off can be started")
      for (path, content) in state.remains {
        guard let content else {
          try? FileManager.default.removeItem(atPath: path)
          continue
        }
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(content))
        try handle.close()
      }
      for name in try FileManager.default.contentsOfDirectory(atPath: folder)
      where name.hasSuffix("-shm") || name.hasSuffix(".new") || name.hasSuffix("-snapshot-new") {
        try FileManager.default.removeItem(atPath: folder + "/" + name)
      }
      (state.images, state.remains, state.isOff) = ([:], [:], false)
      state.start += 1
    }
  }

  private static func read(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { [UInt8]($0) }
  }
}
