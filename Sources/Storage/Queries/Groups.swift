import DictaModels
import GRDB

/// Entities that were found to be one: speakers merged into each other, or quotes that report the same act of speech.
public struct EntityGroup<Subject: Entity>: Hashable, Sendable {
  /// The smallest id.
  public let representative: Identifier<Subject>

  /// Sorted, the representative first.
  public let members: [Identifier<Subject>]
}

extension ReadTransaction {
  /// The speakers joined with one by any surviving value of `mergedInto`, in either direction.
  public func group(of speaker: Speaker.ID) throws -> EntityGroup<Speaker> {
    try group(of: speaker, field: "mergedInto")
  }

  /// The quotes that report the same act of speech as one.
  public func utterance(of quote: Quote.ID) throws -> EntityGroup<Quote> {
    try group(of: quote, field: "sameUtteranceAs")
  }

  private func group<Subject: Entity>(of id: Identifier<Subject>, field: ExactString) throws -> EntityGroup<Subject> {
    var members: Set = [id.bytes]
    var next = [id.bytes]
    while let member = next.popLast() {
      // What anything refers to has a row.
      guard let row = try row(Reference(type: Subject.type.name, id: member)) else { continue }
      for neighbour in try neighbours(of: row, field: field, type: Subject.type) where members.insert(neighbour).inserted { next.append(neighbour) }
    }
    let sorted = members.sorted().map { Identifier<Subject>($0) }
    return EntityGroup(representative: sorted[0], members: sorted)
  }

  /// What an entity is joined with directly.
  private func neighbours(of row: EntityRow, field: ExactString, type: EntityType) throws -> Set<Bytes16> {
    var neighbours = try sources(ofRow: row.number, field: field, type: type)
    row.state.cell(at: CellAddress(field: field))?.forEachSurvivor { survivor in
      survivor.value.forEachReference { if $0.type == type.name { neighbours.insert($0.id) } }
    }
    return neighbours
  }

  /// The speaker that stands for the group of one, nearly always the same; nil if it doesn't live or can't be read.
  func representative(of speaker: Speaker.ID) throws -> Speaker? {
    guard let row = try row(speaker.reference) else { return nil }
    let isAlone = try neighbours(of: row, field: "mergedInto", type: .speaker).subtracting([speaker.bytes]).isEmpty
    guard isAlone else { return try readable(group(of: speaker).representative) }
    return row.life.isLiving ? try readable(speaker.bytes, row.state) : nil
  }
}
