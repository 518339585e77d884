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
      let reference = Reference(type: Subject.type.name, id: member)
      var neighbours = try sources(of: reference, field: field, type: Subject.type)
      for survivor in try row(reference)?.state.survivors(of: CellAddress(field: field)) ?? [] {
        survivor.value.forEachReference { if $0.type == Subject.type.name { neighbours.insert($0.id) } }
      }
      for neighbour in neighbours where members.insert(neighbour).inserted { next.append(neighbour) }
    }
    let sorted = members.sorted().map { Identifier<Subject>($0) }
    return EntityGroup(representative: sorted[0], members: sorted)
  }
}
