import DictaModels

/// Writes what was rescued into the new archive, as changes of its own.
struct Rescuer: Sendable {
  private let findings: Findings
  private let rescues: [Rescue]

  /// References that the new archive can't take, because what they refer to isn't there.
  private var dangling: Set<Dangling> = []

  private struct Dangling: Hashable {
    let source: Reference
    let target: Reference
  }

  /// What can't be written any more, whatever the reason: it is left out, and the rest is not.
  private var refused: Set<Reference> = []

  private static let note = "rescued by repair"
  private static let attemptLimit = 1000

  init(_ findings: Findings, _ rescues: [Rescue]) {
    (self.findings, self.rescues) = (findings, rescues)
  }

  /// - Returns: how many values were written again, by the change that had written them.
  mutating func run(_ archive: Archive) async throws -> [LostChange: Int] {
    var counts: [LostChange: Int] = [:]
    // Several lost values of one cell stand beside each other again, so they can't be of one transaction.
    let rounds = rescues.flatMap { $0.cells.map(\.values.count) }.max() ?? 1
    for round in 0..<rounds {
      for _ in 0..<Self.attemptLimit {
        let writer = self
        do {
          let written = try await archive.write(note: Self.note) { transaction in try writer.write(round, transaction) }
          counts.merge(written, uniquingKeysWith: +)
          break
        } catch ArchiveError.danglingReference(let source, let target) {
          guard dangling.insert(Dangling(source: source, target: target)).inserted else {
            refused.insert(source)
            continue
          }
        } catch let error as ArchiveError {
          guard let entity = error.entity, refused.insert(entity).inserted else { throw error }
        }
      }
    }
    return counts
  }

  private func write(_ round: Int, _ transaction: WriteTransaction) throws -> [LostChange: Int] {
    var counts: [LostChange: Int] = [:]
    for rescue in rescues where rescue.life != .uncreated && !refused.contains(rescue.entity) {
      let row = try transaction.ledger.row(rescue.entity)
      if row?.life.isLiving == true {
        try edit(rescue, round, transaction, &counts)
      } else if round == 0, rescue.life.isLiving {
        try insert(rescue, transaction, &counts)
      }
    }
    guard round == 0 else { return counts }
    for rescue in rescues where rescue.life == .deleted && !rescue.lifeChanges.isEmpty {
      guard try transaction.ledger.row(rescue.entity)?.life.isLiving == true else { continue }
      do {
        try transaction.delete(rescue.entity)
        for change in rescue.lifeChanges.prefix(1) { counts[change, default: 0] += 1 }
      } catch ArchiveError.inUse {
        // Something that peers wrote needs it by now.
      }
    }
    return counts
  }

  private func insert(_ rescue: Rescue, _ transaction: WriteTransaction, _ counts: inout [LostChange: Int]) throws {
    var fields = Fields()
    var texts: [ArticleText] = []
    for cell in rescue.shown.cells {
      if let own = try self.texts(of: cell.value, cell.address, rescue.entity, transaction) {
        fields[cell.address] = cell.value
        texts += own
      }
    }
    // An article is nothing without its text, and what is written here goes to everybody.
    guard rescue.entity.type != "article" || fields["text"] != nil else { return }
    try transaction.insert(rescue.entity, fields: fields, texts: texts)
    for cell in rescue.cells where fields[cell.address] != nil { if let last = cell.values.last { counts[last.change, default: 0] += 1 } }
    for change in rescue.lifeChanges.prefix(1) { counts[change, default: 0] += 1 }
  }

  private func edit(_ rescue: Rescue, _ round: Int, _ transaction: WriteTransaction, _ counts: inout [LostChange: Int]) throws {
    guard let state = try transaction.ledger.row(rescue.entity)?.state else { return }
    var edits: [(address: CellAddress, value: Value)] = []
    var over: [CellAddress: [Version]] = [:]
    var texts: [ArticleText] = []
    for cell in rescue.cells where cell.values.indices.contains(round) {
      let (change, value) = cell.values[round]
      let current = state.survivors(of: cell.address)
      guard !current.contains(where: { $0.value == value }), !(current.isEmpty && value.isNull),
        let own = try self.texts(of: value, cell.address, rescue.entity, transaction)
      else { continue }
      texts += own
      edits.append((cell.address, value))
      over[cell.address] = round > 0 ? [] : try current.map(\.version).filter { try wasOverwritten($0, in: cell, transaction) }
      counts[change, default: 0] += 1
    }
    try transaction.write(edits, to: rescue.entity, texts: texts) { over[$0] ?? [] }
  }

  /// Whether the damaged archive held a value's change and showed the value no more.
  private func wasOverwritten(_ version: Version, in cell: Rescue.Cell, _ transaction: WriteTransaction) throws -> Bool {
    // What the run itself has written so far isn't in the log yet.
    guard version != transaction.run.version, let id = try? transaction.log.id(version), !cell.survivors.contains(id) else { return false }
    return try findings.queue.inDatabase { db in
      try db.first("SELECT 1 FROM link WHERE id = ?", .blob(id.bytes), read: { _ in true }) ?? false
    }
  }

  /// The texts that a value names and the new archive lacks; nil if the value can't be written at all.
  private func texts(of value: Value, _ address: CellAddress, _ entity: Reference, _ transaction: WriteTransaction) throws -> [ArticleText]? {
    var written = [value]
    if case .element(let element) = address.place, !value.isNull { written.append(element.value) }
    var hashes: Set<TextHash> = []
    var isTaken = true
    for value in written {
      value.forEachText { hashes.insert($0) }
      value.forEachReference { if dangling.contains(Dangling(source: entity, target: $0)) { isTaken = false } }
    }
    guard isTaken else { return nil }
    var texts: [ArticleText] = []
    for hash in hashes where try !transaction.ledger.texts.holds(hash) {
      guard let utf8 = try findings.queue.inDatabase({ try findings.text(hash, $0) }), let text = try? ArticleText(utf8: utf8) else { return nil }
      texts.append(text)
    }
    return texts
  }
}

extension ArchiveError {
  /// What couldn't be written as it was asked for.
  fileprivate var entity: Reference? {
    switch self {
    case .noSuchEntity(let entity), .exists(let entity), .deleted(let entity), .inUse(let entity, _), .badAnchor(let entity, _),
      .missingText(let entity, _), .tooLarge(let entity, _, _), .reservedName(let entity, _):
      entity
    default: nil
    }
  }
}
