import DictaModels
import GRDB

/// Something that full-text search found.
public struct SearchHit: Sendable {
  public let entity: Reference

  /// Words around the best match, with each match between ⟦ and ⟧.
  public let snippet: String

  /// Higher is better: BM25 in thousandths, one ranking over all types.
  public let score: Int
}

extension ReadTransaction {
  /// Articles, speakers, quotes and claims with these words, best first.
  ///
  /// Words are found whatever their case and diacritics. `"several words"` is a phrase, `word*` a prefix; everything else is looked for as
  /// it stands. All of it must occur in one entity.
  ///
  /// - Parameters:
  ///   - type: only entities of this type.
  ///   - skipping: how many of the best to leave out.
  ///   - snippetByteLimit: in how much of an entity's words to look for the match that is shown: of a text of 16 MiB it takes seconds. Where the
  ///     match comes later, the snippet shows the beginning.
  public func search(
    _ words: String, type: EntityType? = nil, skipping: Int = 0, limit: Int = 20, snippetByteLimit: Int = .max
  ) throws -> [SearchHit] {
    let query = SearchQuery(words)
    guard !query.terms.isEmpty else { return [] }
    let number = type.map { names.find($0.name) ?? -1 }
    let found = try db.all(
      """
      SELECT entity.type, entity.id, entity.state, bm25(search) AS rank FROM search JOIN entity ON entity.number = search.rowid
      WHERE search MATCH ? AND entity.life < 2 AND (? IS NULL OR entity.type = ?) ORDER BY rank, entity.id LIMIT ? OFFSET ?
      """, .text(query.expression), number.map { .integer($0) } ?? .null, number.map { .integer($0) } ?? .null, .integer(limit),
      .integer(skipping)
    ) { row in
      (
        try row.reference(0, 1, names: names),
        try EntityState(bytes: row.blob(2), names: names), row.double(3)
      )
    }
    return try found.compactMap { entity, state, rank in
      guard let type = EntityType(entity.type) else { return nil }
      var words = try SearchWords.of(type, state, text: text)
      if words.utf8.count > snippetByteLimit { words = String(decoding: words.utf8.prefix(snippetByteLimit), as: UTF8.self) }
      return SearchHit(entity: entity, snippet: Snippet.of(words, matching: query), score: Int((-rank * 1000).rounded()))
    }
  }
}

/// What a person typed into a search, as terms that must all occur.
struct SearchQuery {
  struct Term: Equatable {
    /// Folded, one after the other.
    let words: [String]

    /// The same as they were typed: FTS5 folds by rules of its own, which leave alone what we take from other scripts than Latin.
    let typed: [String]
    let isPrefix: Bool
  }

  let terms: [Term]

  init(_ typed: String) {
    var terms: [Term] = []
    // Every second part stands between quotation marks.
    for (index, part) in typed.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
      if index.isMultiple(of: 2) {
        for word in part.split(whereSeparator: \.isWhitespace) { terms += Term.from(word) }
      } else {
        terms += Term.from(part)
      }
    }
    self.terms = terms
  }

  /// For FTS5, with nothing in it that FTS5 would take for an operator.
  var expression: String {
    terms.map { "\"" + $0.typed.joined(separator: " ") + "\"" + ($0.isPrefix ? "*" : "") }.joined(separator: " AND ")
  }
}

extension SearchQuery.Term {
  /// One term of all words in it, or none if there are none.
  fileprivate static func from(_ part: Substring) -> [Self] {
    let text = String(part)
    let tokens = SearchToken.tokens(of: text)
    guard !tokens.isEmpty else { return [] }
    return [Self(words: tokens.map(\.folded), typed: tokens.map { String(text[$0.range]) }, isPrefix: part.hasSuffix("*"))]
  }
}
