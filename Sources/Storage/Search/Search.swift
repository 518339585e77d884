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
  /// Articles, speakers, quotes and claims with these words, and stances with a note that has them, best first.
  ///
  /// Words are found whatever their case and diacritics. `"several words"` is a phrase, `word*` a prefix; everything else is looked for as
  /// it stands. All of it must occur in one entity: in its words or in its note, which are two documents. So a phrase must stand in one of the
  /// two; other words may be spread over both. What an entity scores is the sum of what either document scores, each among those of its kind.
  ///
  /// - Parameters:
  ///   - type: only entities of this type.
  ///   - skipping: how many of the best to leave out.
  ///   - snippetByteLimit: in how much of an entity's words, and of its note, to look for the match that is shown: of a text of 16 MiB it takes
  ///     seconds. Where the match comes later, the snippet shows the beginning.
  /// - Complexity: words that no note holds cost what is found of them in the other documents. If some note holds one of them, all places of
  ///   those that notes hold may be looked through besides. Some dozens of bytes of memory for each entity that has them.
  public func search(
    _ words: String, type: EntityType? = nil, skipping: Int = 0, limit: Int = 20, snippetByteLimit: Int = .max
  ) throws -> [SearchHit] {
    let query = SearchQuery(words)
    guard !query.terms.isEmpty else { return [] }
    try settleWords()
    let found = try EntitySearch(db, query, names: names)
      .best(of: type.map { names.find($0.name) ?? -1 }, skipping: skipping, limit: limit)
    return try found.compactMap { found in
      guard let type = EntityType(found.entity.type) else { return nil }
      let parts = [try SearchWords.of(type, found.state, text: text), SearchWords.note(found.state)].filter { !$0.isEmpty }
      let shown = parts.map { $0.utf8.count > snippetByteLimit ? String(decoding: $0.utf8.prefix(snippetByteLimit), as: UTF8.self) : $0 }
      let snippet = Snippet.of(shown.joined(separator: "\n"), matching: query)
      return SearchHit(entity: found.entity, snippet: snippet, score: Int((-found.rank * 1000).rounded()))
    }
  }
}

/// What a person typed into a search, as terms that must all occur.
struct SearchQuery {
  struct Term: Hashable {
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
}

extension [SearchQuery.Term] {
  enum Joining: String {
    case all = " AND "
    case any = " OR "
  }

  /// For FTS5, with nothing in it that FTS5 would take for an operator.
  func expression(joining: Joining) -> String {
    map { "\"" + $0.typed.joined(separator: " ") + "\"" + ($0.isPrefix ? "*" : "") }.joined(separator: joining.rawValue)
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
