// Which of the changes written here are signed, and when. Changes can travel only in segments that end in a signature, so the last change
// is signed soon after it was written, and enough of those before it that no segment is too long.

import DictaModels
import GRDB

extension Ledger {
  /// Signs the last change of the own branch, and those before it where a segment has to end.
  ///
  /// A signature that nobody was sent, and where no segment has to end, gives way to the new one.
  ///
  /// - Complexity: O(changes since the last signature that stays).
  func sign(with key: DeviceKey) throws {
    guard let branch = info.branch, key.origin == info.identity.origin else { return }
    let end = branches[branch].received
    guard info.signed < end else { return }
    let kept = try lastSignature(on: branch, isFixed: true)
    var segment = SegmentSize()
    var lastPosition: Int64?
    let (first, last) = (Version(branch: branch, sequence: (kept ?? branches[branch].firstSequence - 1) + 1), Version(branch: branch, sequence: end))
    var boundaries: [Version] = []
    try log.each(from: first, to: last) { change in
      let texts = try db.first("SELECT total(byteCount) FROM text WHERE position = ?", .integer(change.position)) { $0.int(0) } ?? 0
      // Dependencies are an envelope's first field.
      let hasDependencies = change.envelope.first == 4 << 3 | 2
      // What came in between may have brought a text that this change names.
      let isAdjoining = lastPosition.map { $0 + 1 == change.position } ?? true
      lastPosition = change.position
      if segment.mustEnd(before: change.byteCount + texts, hasDependencies: hasDependencies || !isAdjoining) {
        boundaries.append(Version(branch: branch, sequence: change.version.sequence - 1))
        segment = SegmentSize()
      }
      segment.add(change.byteCount + texts)
    }
    try db.run(
      "DELETE FROM signature WHERE key BETWEEN ? AND ? AND isFixed = 0", .integer(first.key), .integer(last.key))
    for version in boundaries { try sign(version, with: key, isFixed: true) }
    try sign(last, with: key, isFixed: false)
    info.signed = end
  }

  private func sign(_ version: Version, with key: DeviceKey, isFixed: Bool) throws {
    let head = Head(origin: key.origin, sequence: version.sequence, id: try log.id(version))
    try keep(HeadSignature(of: head, in: info.corpus, by: key.key), of: version, isFixed: isFixed)
  }

  /// Keeps a signature, unless there is one of that change.
  func keep(_ signature: HeadSignature, of version: Version, isFixed: Bool = true) throws {
    try db.run(
      "INSERT OR IGNORE INTO signature (key, signature, isFixed) VALUES (?, ?, ?)", .integer(version.key), .blob(signature.bytes),
      .integer(isFixed ? 1 : 0))
  }

  func isSigned(_ version: Version) throws -> Bool {
    try db.first("SELECT 1 FROM signature WHERE key = ?", .integer(version.key), read: { _ in true }) ?? false
  }

  /// What an origin's key is said in; nil if none of its changes is held.
  func birth(of origin: Origin) throws -> Header.Birth? {
    guard let branch = branches.numbers(of: origin).first else { return nil }
    return try log.envelope(Version(branch: branch, sequence: 1)).birth
  }

  /// Lets peers be told of a change that came with a signature.
  func publish(_ version: Version) throws {
    guard branches.publish(version) else { return }
    touch(branches: [version.branch])
    if version.branch == info.branch { try db.run("UPDATE signature SET isFixed = 1 WHERE key = ?", .integer(version.key)) }
    if let unproven = info.unproven, branches[unproven].published == branches[unproven].received { info.unproven = nil }
  }

  /// Lets peers be told of everything that is signed.
  func publish() throws {
    for number in branches.all.indices where branches[number].published < branches[number].received {
      if let signed = try lastSignature(on: number) { try publish(Version(branch: number, sequence: signed)) }
    }
  }

  /// How many changes can't be proven because the key is lost; nil if all can, now or later.
  func unprovenCount() throws -> Int? {
    guard let unproven = info.unproven else { return nil }
    return Int(branches[unproven].received - (try lastSignature(on: unproven) ?? branches[unproven].firstSequence - 1))
  }

  private func lastSignature(on branch: Int, isFixed: Bool = false) throws -> UInt64? {
    let (first, last) = (Version(branch: branch, sequence: 1), Version(branch: branch, sequence: branches[branch].received))
    return try db.first(
      "SELECT key FROM signature WHERE key BETWEEN ? AND ? AND isFixed >= ? ORDER BY key DESC LIMIT 1", .integer(first.key),
      .integer(last.key), .integer(isFixed ? 1 : 0)
    ) { Version(key: $0.integer(0)).sequence }
  }
}

/// How much a segment holds.
private struct SegmentSize {
  private var changeCount = 0
  private var byteCount = 0

  mutating func add(_ bytes: Int) {
    changeCount += 1
    byteCount += bytes
  }

  func mustEnd(before bytes: Int, hasDependencies: Bool) -> Bool {
    changeCount > 0 && (hasDependencies || changeCount == Segment.changeLimit || byteCount + bytes > Segment.byteLimit)
  }
}
