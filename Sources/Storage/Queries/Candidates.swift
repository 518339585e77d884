// Which rows can be in a list, found from the table of references before anybody looks at them; and reading them, by id.

import DictaModels
import GRDB

/// A row that may belong into a list.
struct Candidate: Hashable {
  /// The first half of its id: lists are by id, and hardly ever do two begin alike.
  let place: UInt64
  let number: Int64
}

/// Rows that may belong into a list.
enum Candidates {
  /// All that refer to a row through a field, by any surviving value. They are read one by one, as far as they are needed.
  case referrers(of: Int64, field: ExactString)
  case found(Set<Candidate>)
}

extension ReadTransaction {
  /// The number of an entity's row.
  func number(of entity: Reference) throws -> Int64? {
    guard let type = names.find(entity.type) else { return nil }
    return try statements.first("SELECT number FROM entity WHERE type = ? AND id = ?", .integer(type), .blob(entity.id)) { $0.integer(0) }
  }

  /// The rows of those among these entities that have one.
  func candidates(_ ids: some Sequence<Bytes16>, type: EntityType) throws -> Candidates {
    var found: Set<Candidate> = []
    for id in ids {
      guard let number = try number(of: Reference(type: type.name, id: id)) else { continue }
      found.insert(Candidate(place: id.firstHalf, number: number))
    }
    return .found(found)
  }

  /// All that refer to one of these entities through a field.
  func candidates(referringTo targets: some Collection<Reference>, field: ExactString) throws -> Candidates {
    let numbers = try targets.compactMap(number)
    if numbers.count == 1 { return .referrers(of: numbers[0], field: field) }
    var found: Set<Candidate> = []
    for number in numbers { try collect(.referrers(of: number, field: field), into: &found) }
    return .found(found)
  }

  func collect(_ candidates: Candidates, into found: inout Set<Candidate>) throws {
    switch candidates {
    case .found(let more):
      found.formUnion(more)
    case .referrers(let target, let field):
      try forEachReferrer(of: target, field: field, from: nil) { candidate in
        found.insert(candidate)
        return true
      }
    }
  }

  /// Calls `body` with the rows that refer to one through a field, by place, until it returns false.
  ///
  /// - Parameter first: leaves out what stands before the place of this id.
  private func forEachReferrer(of target: Int64, field: ExactString, from first: Bytes16?, _ body: (Candidate) throws -> Bool) throws {
    guard let field = names.find(field) else { return }
    try db.each(
      """
      SELECT place, source FROM reference WHERE target = ? AND field = ? AND place >= ? ORDER BY place, source
      """, [.integer(target), .integer(field), first.map { .place($0) } ?? .blob([])]
    ) { row in
      try body(Candidate(place: row.place(0).orDamaged("a reference"), number: row.integer(1)))
    }
  }

  /// Calls `body` with the states of those candidates that live and are of a type, by id, until it returns false; no more than one is held at a
  /// time.
  ///
  /// - Parameter after: begins behind this id.
  func forEachState(
    of type: EntityType, among candidates: Candidates, after: Bytes16? = nil, _ body: (Bytes16, EntityState) throws -> Bool
  ) throws {
    guard let type = names.find(type.name) else { return }
    var queue = RowQueue(transaction: self, type: type, after: after)
    switch candidates {
    case .referrers(let target, let field):
      try forEachReferrer(of: target, field: field, from: after) { try queue.take($0, body) }
    case .found(let found):
      for candidate in found.sorted(by: { $0.place < $1.place }) where after.map({ $0.firstHalf <= candidate.place }) ?? true {
        guard try queue.take(candidate, body) else { break }
      }
    }
    try queue.finish(body)
  }

  /// Those among the candidates that live and can be read, by id.
  func entities<Subject: Entity>(_: Subject.Type = Subject.self, among candidates: Candidates) throws -> [Subject] {
    var entities: [Subject] = []
    try forEachState(of: Subject.type, among: candidates) { id, state in
      if let entity: Subject = try self.readable(id, state) { entities.append(entity) }
      return true
    }
    return entities
  }

  /// The entity with this id, if it lives and this version can read it.
  func readable<Subject: Entity>(_ id: Identifier<Subject>) throws -> Subject? {
    guard let row = try row(id.reference), row.life.isLiving else { return nil }
    return try readable(id.bytes, row.state)
  }

  /// The entity of a state; nil if this version can't read it.
  func readable<Subject: Entity>(_ id: Bytes16, _ state: EntityState) throws -> Subject? {
    do {
      return try Subject(id: Identifier(id), fields: state.shown, texts: text)
    } catch is UnreadableEntity {
      return nil
    }
  }
}

/// Reads rows that come by place, and hands them on by id: those of one place wait for each other.
private struct RowQueue {
  private let transaction: ReadTransaction
  private let type: Int
  private let after: Bytes16?
  private var place: UInt64 = 0
  private var numbers: [Int64] = []
  private var goesOn = true

  init(transaction: ReadTransaction, type: Int, after: Bytes16?) {
    (self.transaction, self.type, self.after) = (transaction, type, after)
  }

  /// - Returns: whether more are wanted.
  mutating func take(_ candidate: Candidate, _ body: (Bytes16, EntityState) throws -> Bool) throws -> Bool {
    if candidate.place != place {
      try finish(body)
      place = candidate.place
    }
    numbers.append(candidate.number)
    return goesOn
  }

  mutating func finish(_ body: (Bytes16, EntityState) throws -> Bool) throws {
    if numbers.count > 1 { numbers = try numbers.map { ($0, try id($0)) }.sorted { $0.1 < $1.1 }.map(\.0) }
    for number in numbers where goesOn {
      if let (id, state) = try row(number) { goesOn = try body(id, state) }
    }
    numbers.removeAll(keepingCapacity: true)
  }

  private func id(_ number: Int64) throws -> Bytes16 {
    let id = try transaction.statements.first("SELECT id FROM entity WHERE number = ?", .integer(number)) { $0.bytes16(0) }
    return try (id ?? nil).orDamaged("an entity's id")
  }

  /// Nil unless it is of the type, lives and stands behind where the list begins.
  private func row(_ number: Int64) throws -> (Bytes16, EntityState)? {
    let found = try transaction.statements.first(
      "SELECT id, state FROM entity WHERE number = ? AND type = ? AND life < 2", .integer(number), .integer(type)
    ) { row -> (Bytes16, EntityState)? in
      let id = try row.bytes16(0).orDamaged("an entity's id")
      if let after, id <= after { return nil }
      return (id, try EntityState(bytes: row.blob(1), names: transaction.names))
    }
    return found ?? nil
  }
}
