import DictaModels
import GRDB

/// Drops from packs what nothing shows and nobody needs any more: groups of which no value survives, of changes that every origin holds.
///
/// A value that was overwritten stays so, and a change that was acknowledged stays so; what may be dropped once may be dropped for ever.
struct BodyDropper: CompactionWork {
  private(set) var isDone = false

  /// Whether the last step did nothing, because something here isn't proven yet: what overwrote a value must not be easier to lose than what is
  /// left of that value.
  private(set) var isStalled = false

  /// Changes of which something was dropped.
  private(set) var changeCount = 0

  /// Those of which something could be dropped if everybody held them.
  private(set) var waitingCount = 0

  /// Who isn't known to hold them.
  private(set) var waitsFor: Set<Origin> = []

  /// Of the last pack that was looked at.
  private var number: Int64 = 0

  /// What the archive was like when it was looked at last.
  private var knowledge: Knowledge?

  init() {}

  mutating func step(_ db: Database) throws {
    let info = try ArchiveInfo.read(db)
    let knowledge = try knowledge.flatMap { $0.cache.revision == info.revision ? $0 : nil } ?? Knowledge(db, info)
    self.knowledge = knowledge
    isStalled = !knowledge.isAllProven
    if isStalled { return }
    let supersession = Supersession(db: db, names: knowledge.cache.names)
    var drafts: [Draft] = []
    var byteCount = 0
    isDone = true
    try db.each("SELECT number, key, changes FROM pack WHERE number > ? ORDER BY number", [.integer(number)]) { row in
      guard byteCount < Self.stepByteLimit else {
        isDone = false
        return false
      }
      number = row.integer(0)
      let pack = try Pack(first: Version(key: row.integer(1)), deflated: row.blob(2))
      byteCount += pack.byteCount
      if let draft = try draft(of: pack, knowledge, supersession) { drafts.append(draft) }
      return true
    }
    for draft in drafts { try draft.write(db) }
  }

  /// What a pack becomes; nil if nothing of it is to be dropped now.
  private mutating func draft(of pack: Pack, _ knowledge: Knowledge, _ supersession: Supersession) throws -> Draft? {
    var draft = Draft(number: number, first: pack.first)
    for (version, parcel) in pack.changes {
      var parcel = parcel
      if knowledge.mayBeReduced(version), let held = try parcel.held.dropping(where: { try supersession.isComplete(of: $0, version) }) {
        let lacking = knowledge.acknowledgments.lacking(version)
        if lacking.isEmpty {
          parcel = Segment.Parcel(envelope: parcel.envelope, held: held)
          draft.reduced.append(version)
          changeCount += 1
        } else {
          waitingCount += 1
          waitsFor.formUnion(lacking)
        }
      }
      draft.parcels.append(parcel)
    }
    return draft.reduced.isEmpty ? nil : draft
  }

  /// A pack that is to be written anew.
  private struct Draft {
    let number: Int64
    let first: Version
    var parcels: [Segment.Parcel] = []
    var reduced: [Version] = []

    func write(_ db: Database) throws {
      // SQLite joins pages that become empty when rows are deleted, but not when they are updated.
      try db.run("DELETE FROM pack WHERE number = ?", .integer(number))
      try db.run("INSERT INTO pack (number, key, changes) VALUES (?, ?, ?)", .integer(number), .integer(first.key), .blob(Pack.deflate(parcels)))
      let place = PackPlace(number: number, isReduced: true)
      for version in reduced { try db.run("UPDATE log SET body = ? WHERE key = ?", .integer(place.column), .integer(version.key)) }
    }
  }

  /// What doesn't change as long as nobody writes.
  private struct Knowledge {
    let cache: ArchiveCache
    let acknowledgments: Acknowledgments

    init(_ db: Database, _ info: ArchiveInfo) throws {
      cache = try ArchiveCache.read(db, revision: info.revision)
      acknowledgments = try Acknowledgments(
        cache.branches, own: info.identity.origin, retired: Set(Retired.origins(in: db)), log: LogTable(db: db))
    }

    var isAllProven: Bool { cache.branches.all.allSatisfy { $0.published == $0.received } }

    /// Whether the change has taken effect, and is proven to whoever holds it.
    func mayBeReduced(_ version: Version) -> Bool {
      let branches = cache.branches
      return branches.all.indices.contains(version.branch) && branches.isApplied(version) && version.sequence <= branches[version.branch].published
    }
  }
}
