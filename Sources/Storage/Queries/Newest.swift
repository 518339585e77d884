import DictaModels
import GRDB

extension ReadTransaction {
  /// The living entities of a type that came into this archive last, newest first.
  ///
  /// Only their ids, so that whoever shows a list reads of each what it needs, and no article's text.
  ///
  /// - Parameter before: begins behind this one.
  /// - Complexity: O(entities of the type), a few bytes of the index for each; rows are read only of those it returns.
  package func newest<Subject: Entity>(
    _: Subject.Type = Subject.self, before: Identifier<Subject>? = nil, limit: Int
  ) throws -> [Identifier<Subject>] {
    guard let type = names.find(Subject.type.name) else { return [] }
    var ids: [Identifier<Subject>] = []
    var end = try before.map { try row($0.reference)?.number ?? 0 } ?? .max
    while ids.count < limit {
      let numbers = try db.all(
        "SELECT number FROM entity WHERE type = ? AND number < ? ORDER BY number DESC LIMIT ?", .integer(type), .integer(end),
        .integer(limit), read: { $0.integer(0) })
      for number in numbers where ids.count < limit {
        let id = try db.first("SELECT id FROM entity WHERE number = ? AND life < 2", .integer(number)) { try Bytes16($0.blob(0)).orDamaged("an id") }
        if let id { ids.append(Identifier(id)) }
      }
      guard let last = numbers.last, numbers.count == limit else { break }
      end = last
    }
    return ids
  }
}
