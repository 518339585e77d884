import DictaModels
import Foundation

@testable import DictaStorage

/// A search through all entities, one by one, and BM25 as it is defined: without any index.
struct NaiveSearch {
  /// The tokens of an entity's words and of its note; nil for a document that isn't there.
  private var documents: [Reference: [[String]?]] = [:]
  private var living: Set<Reference> = []

  init(_ transaction: ReadTransaction, _ entities: some Sequence<Reference>) throws {
    for entity in Set(entities) {
      guard let row = try transaction.row(entity), let type = EntityType(entity.type) else { continue }
      documents[entity] = [try SearchWords.of(type, row.state, text: transaction.text), SearchWords.note(row.state)].map { document in
        document.isEmpty ? nil : SearchToken.tokens(of: document).map(\.folded)
      }
      if row.life.isLiving { living.insert(entity) }
    }
  }

  /// The entities that have all terms in their two documents, with what these score together.
  func scores(_ query: SearchQuery, type: EntityType? = nil) -> [Reference: Double] {
    var scores: [Reference: Double] = [:]
    for entity in living where type == nil || entity.type == type?.name {
      let both = documents[entity, default: []]
      if query.terms.allSatisfy({ term in both.contains { count(term, in: $0) > 0 } }) { scores[entity] = 0 }
    }
    for which in 0...1 {
      // Those of the deleted count too: they stay in the index.
      let all = documents.compactMapValues { $0[which] }
      let averageLength = Double(all.values.reduce(0) { $0 + $1.count }) / Double(max(all.count, 1))
      for term in query.terms {
        let counts = all.mapValues { Double(count(term, in: $0)) }
        let holders = Double(counts.values.count { $0 > 0 })
        let weight = max(log((Double(all.count) - holders + 0.5) / (holders + 0.5)), 1e-6)
        for (entity, count) in counts where scores[entity] != nil {
          let length = Double(all[entity, default: []].count) / averageLength
          scores[entity, default: 0] += count == 0 ? 0 : weight * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length))
        }
      }
    }
    return scores
  }

  private func count(_ term: SearchQuery.Term, in document: [String]?) -> Int {
    guard let document, document.count >= term.words.count else { return 0 }
    return (0...document.count - term.words.count).count { start in
      term.words.indices.allSatisfy { offset in
        let isPrefix = term.isPrefix && offset == term.words.count - 1
        return isPrefix ? document[start + offset].hasPrefix(term.words[offset]) : document[start + offset] == term.words[offset]
      }
    }
  }
}
