// Whether what peers may be told of can be proven to them.

import DictaModels
import GRDB

/// The changes behind the last signature of a branch. They travel together with the next one.
struct OpenSegment {
  private var count = 0
  private var byteCount = 0

  /// Why no peer would take a segment of them; nil if they can travel.
  private(set) var fault: String?

  mutating func add(_ sequence: UInt64, _ bytes: Int, hasDependencies: Bool) {
    if count > 0, hasDependencies { fault = "change \(sequence) has dependencies and isn't the first behind a signature" }
    count += 1
    byteCount += bytes
    if count > Segment.changeLimit { fault = "there are more than \(Segment.changeLimit) changes from one signature to the next" }
    if count > 1, byteCount > Segment.byteLimit { fault = "there are more than \(Segment.byteLimit) bytes from one signature to the next" }
  }
}

extension LogCheck {
  /// A branch's first segment holds also what the branch it left has no signature for.
  mutating func beginSegment(of branch: Int, behind previous: Version) throws {
    guard let parent = table[previous.branch] else { return }
    let first = max(parent.published, parent.firstSequence &- 1) &+ 1
    guard first >= 1, first <= Int64(previous.sequence) else { return }
    var segment = OpenSegment()
    let from = Version(branch: previous.branch, sequence: UInt64(first))
    try log.each(from: from, to: previous) { change in
      let hasDependencies = (try? Header.Envelope(bytes: change.envelope))?.dependencies.isEmpty == false
      segment.add(change.version.sequence, change.byteCount, hasDependencies: hasDependencies)
    }
    change(branch) { $0.segment = segment }
  }

  mutating func checkSignature(_ bytes: [UInt8], isFixed: Int64, _ found: Found, _ report: inout CheckReport) {
    let header = found.change.header
    func wrong(_ message: String) {
      report.add(.signature, place(found.version), "\(message): \(Advice.replace)")
    }
    let head = Head(origin: header.origin, sequence: header.sequence, id: found.change.id)
    if found.isGenuine {
      // The first change brings the key that signs it.
      let key = header.envelope.birth?.publicKey ?? publicKey(of: header.origin)
      if let key, HeadSignature(bytes: bytes)?.isValid(for: head, in: corpus, publicKey: key) != true { wrong("its signature isn't valid") }
    }
    if let fault = ends[found.version.branch]?.segment.fault {
      wrong("peers can't take it: \(fault)")
    }
    if isFixed != 0, isFixed != 1 { wrong("its signature is marked \(isFixed)") }
    change(found.version.branch) { tip in
      tip.segment = OpenSegment()
      tip.signed = found.version.sequence
      if isFixed == 0, tip.unfixed == nil { tip.unfixed = found.version.sequence }
    }
  }

  /// What peers may be told of ends in a signature; and no signature stands without its change.
  mutating func checkPublished(_ report: inout CheckReport) throws {
    try db.each("SELECT key FROM signature WHERE NOT EXISTS (SELECT 1 FROM log WHERE log.key = signature.key)", []) { row in
      report.add(.signature, "key \(row.integer(0))", "there is a signature, and no change that it is of: \(Advice.replace)")
      return true
    }
    for (number, row) in table.sorted(by: { $0.key < $1.key }) {
      guard let tip = ends[number], row.published != row.firstSequence &- 1 else { continue }
      let isSigned =
        if row.published > 0, row.published < 1 << 40 {
          try db.first(
            "SELECT 1 FROM signature WHERE key = ?", .integer(Version(branch: number, sequence: UInt64(row.published)).key), read: { _ in true })
            ?? false
        } else { false }
      if !isSigned || row.published > Int64(tip.signed ?? 0) || row.published < row.firstSequence {
        let place = row.origin.map { "origin \($0), change \(row.published)" } ?? "branch \(number), change \(row.published)"
        report.add(.signature, place, "peers may be told of it, and it has no signature: \(Advice.replace)")
      }
    }
  }

  /// A signature of the own branch that was sent, or stands before another, must not give way to the next one.
  func checkFixed(on own: Int, _ report: inout CheckReport) {
    guard let tip = ends[own], let unfixed = tip.unfixed, let row = table[own] else { return }
    if Int64(unfixed) <= row.published || unfixed != tip.signed {
      report.add(
        .signature, place(Version(branch: own, sequence: unfixed)), "its signature is marked as one that nobody was sent: \(Advice.replace)")
    }
  }
}
