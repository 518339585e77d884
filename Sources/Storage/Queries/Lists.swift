import DictaModels
import GRDB

/// Which entities of a type to list. What is nil doesn't narrow.
public struct EntityFilter: Sendable {
  /// Heard in it, or in the article, or taking the stance; every speaker of the same group counts.
  public var speaker: Speaker.ID?
  public var article: Article.ID?
  public var claim: Claim.ID?
  public var outlet: String?
  /// The kind of a speaker or a quote, the position of a stance.
  public var kind: String?
  /// The first and last day: of publication, of what was said, or of a claim's period.
  public var from: PartialDate?
  public var to: PartialDate?
  public var tag: String?
  /// Quotes that stand like this in a text of their article.
  public var placement: Placement?

  public init() {}

  /// The filters that mean something for a type, by the names of their properties.
  public static func applicable(to type: EntityType) -> Set<String> {
    switch type {
    case .article: ["speaker", "claim", "outlet", "from", "to", "tag"]
    case .speaker: ["article", "claim", "kind", "tag"]
    case .quote: ["speaker", "article", "claim", "outlet", "kind", "from", "to", "tag", "placement"]
    case .claim: ["speaker", "article", "from", "to", "tag"]
    case .stance: ["speaker", "article", "claim", "outlet", "kind", "from", "to", "tag"]
    }
  }
}

extension ReadTransaction {
  /// Living entities of a type, by id.
  ///
  /// Entities that this version can't read are left out; ``Archive/check()`` lists them.
  ///
  /// - Parameter after: begins behind this id.
  /// - Complexity: O(entities returned) for quotes of one speaker or article and stances of one claim; else O(entities that the speaker, article
  ///   or claim narrows it to), or of the type without one.
  public func list<Subject: Entity>(
    _: Subject.Type = Subject.self, where filter: EntityFilter = EntityFilter(), after: Identifier<Subject>? = nil, limit: Int = .max
  ) throws -> [Subject] {
    guard limit > 0 else { return [] }
    var results: [Subject] = []
    try forEach(where: filter, after: after) { entity in
      results.append(entity)
      return results.count < limit
    }
    return results
  }

  /// Calls `body` with each living entity of a type, by id, until it returns false; no more than one is held at a time.
  public func forEach<Subject: Entity>(
    _: Subject.Type = Subject.self, where filter: EntityFilter = EntityFilter(), after: Identifier<Subject>? = nil,
    _ body: (Subject) throws -> Bool
  ) throws {
    let speakers = try Set(filter.speaker.map { try group(of: $0).members } ?? [])
    var matching = Matching(filter, speakers: speakers, in: self)
    func take(_ id: Bytes16, _ state: EntityState) throws -> Bool {
      guard let subject: Subject = try readable(id, state), try matching.takes(subject) else { return true }
      return try body(subject)
    }
    if let candidates = try candidates(Subject.type, filter, speakers) {
      try forEachState(of: Subject.type, among: candidates, after: after?.bytes, take)
    } else {
      guard let type = names.find(Subject.type.name) else { return }
      try db.each(
        "SELECT id, state FROM entity WHERE type = ? AND id > ? AND life < 2 ORDER BY id",
        [.integer(type), after.map { .blob($0.bytes) } ?? .blob([])]
      ) { row in
        try take(try row.bytes16(0).orDamaged("an entity's id"), try EntityState(bytes: row.blob(1), names: names))
      }
    }
  }

  /// The living entities of a type that refer to one through a field.
  package func sources(of target: Reference, field: ExactString, type: EntityType) throws -> Set<Bytes16> {
    guard let number = try number(of: target) else { return [] }
    return try sources(ofRow: number, field: field, type: type)
  }

  func sources(ofRow target: Int64, field: ExactString, type: EntityType) throws -> Set<Bytes16> {
    guard let field = names.find(field), let type = names.find(type.name) else { return [] }
    return Set(
      try db.all(
        """
        SELECT entity.id FROM reference JOIN entity ON entity.number = reference.source
        WHERE reference.target = ? AND reference.field = ? AND entity.type = ? AND entity.life < 2
        """, .integer(target), .integer(field), .integer(type)
      ) { try $0.bytes16(0).orDamaged("an entity's id") })
  }
}
