import DictaModels

@testable import DictaStorage

/// Everything that an archive says to whoever asks, to tell whether it says the same.
struct Portrait: Hashable, Sendable {
  let heads: [Head]
  private let parts: [String: String]

  private init(heads: [Head], parts: [String: String]) {
    (self.heads, self.parts) = (heads, parts)
  }

  init(of archive: Archive) async throws {
    (heads, parts) = try await archive.read { transaction in
      let status = try transaction.status()
      var parts: [String: String] = [:]
      var document: [UInt8] = []
      try transaction.export(.json) { document += $0 }
      parts["document"] = String(decoding: document, as: UTF8.self)
      parts["status"] = """
        \(status.corpus) \(status.device) \(status.counts.sorted { "\($0.key)" < "\($1.key)" }) conflicts \(status.conflicts) \
        aside \(status.aside) forks \(status.forks)
        """
      parts["digest"] = "\(status.digest)"
      parts["conflicts"] = try transaction.conflicts().map { conflict in
        let candidates = conflict.candidates.map { "\($0.version) \($0.isShown)" }
        return "\(conflict.entity) \(conflict.address?.description ?? "") \(candidates)"
      }.joined(separator: "\n")
      let entities = try transaction.db.all("SELECT type, id FROM entity ORDER BY id, type") { try $0.reference(0, 1, names: transaction.names) }
      let histories = try entities.map { entity in
        // The id of a change stands for all that it says.
        try transaction.history(of: entity).map { entry in
          "\(entity) \(entry.version) \(entry.action.rawValue) \(entry.address?.description ?? "") \(entry.old.count) \(entry.device)"
        }
      }
      parts["histories"] = histories.joined().sorted().joined(separator: "\n")
      parts["order of histories"] = histories.joined().joined(separator: "\n")
      // What they hold is in the document.
      parts["lists"] = """
        \(try transaction.list(Article.self).map(\.id)) \(try transaction.list(Speaker.self).map(\.id)) \(try transaction.list(Quote.self).map(\.id)) \
        \(try transaction.list(Claim.self).map(\.id)) \(try transaction.list(Stance.self).map(\.id))
        """
      for words in ["bridge", "\"harbour master\"", "numb*", "Élan", "spring nobody", "still needed"] {
        parts["search \(words)"] = try transaction.search(words, limit: 10).map { "\($0.entity) \($0.score) \($0.snippet)" }.joined(separator: "\n")
      }
      return (status.heads, parts)
    }
  }

  /// What every replica says that holds the same.
  var ofAnyReplica: Portrait {
    Portrait(heads: heads, parts: parts.filter { $0.key != "status" && $0.key != "order of histories" })
  }

  /// What they say otherwise.
  func differences(from other: Portrait) -> [String] {
    (heads == other.heads ? [] : ["heads"]) + parts.keys.filter { parts[$0] != other.parts[$0] }.sorted()
  }
}
