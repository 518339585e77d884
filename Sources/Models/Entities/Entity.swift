/// One of the things a corpus consists of.
///
/// Equality and hash are those of the fields, which compare strings by their bytes.
public protocol Entity: Codable, Sendable, Hashable, Identifiable where ID == Identifier<Self> {
  static var type: EntityType { get }

  var id: ID { get }
  var note: String? { get set }
  var tags: Set<ExactString> { get set }

  /// What this version doesn't know or can't read, kept as it came.
  var other: Fields { get set }

  /// Reads the known fields and keeps the others.
  ///
  /// - Parameter texts: gives the texts that fields name.
  /// - Throws: ``UnreadableEntity`` if a field that the type can't do without is missing or of no known shape.
  init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws

  /// The known fields and the others, without those that are empty or have their default.
  var fields: Fields { get }

  /// The texts that have to be stored with it.
  var texts: [ArticleText] { get }
}

extension Entity {
  public var reference: Reference { id.reference }
  public var texts: [ArticleText] { [] }

  public static func == (left: Self, right: Self) -> Bool {
    left.id == right.id && left.fields == right.fields
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(fields)
  }
}

/// The types of entity that this version knows.
public enum EntityType: String, CaseIterable, Sendable {
  case article, speaker, quote, claim, stance

  public init?(_ name: ExactString) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    self = Self.allCases[index]
  }

  private static let names = allCases.map(\.name)

  /// As it stands in references and in the log.
  public var name: ExactString { ExactString(rawValue) }

  /// As it stands in documents and tables: `articles`.
  public var plural: String { rawValue + "s" }
}

/// An entity that lacks what its type can't do without.
public struct UnreadableEntity: Error, Hashable, Sendable, CustomStringConvertible {
  public let entity: Reference
  public let field: ExactString

  public var description: String { "\(entity) has no \(field) that this version can read" }
}

/// A choice that may grow: a value this version doesn't know is kept.
public protocol OpenEnum: Hashable, Sendable {
  static var known: [Self] { get }
  static func unknown(_ rawValue: String) -> Self
  var rawValue: String { get }
}

extension OpenEnum {
  public init(rawValue: String) {
    self = Self.known.first { $0.rawValue.isExactly(rawValue) } ?? .unknown(rawValue)
  }
}
