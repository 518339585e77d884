import DictaModels

/// What full-text search finds an entity by.
enum SearchWords {
  /// - Parameter text: gives the texts that fields name.
  static func of(_ type: EntityType, _ fields: Fields, text: (TextHash) throws -> ArticleText?) throws -> String {
    var parts: [String] = []
    func add(_ value: Value?) {
      if case .string(let string)? = value { parts.append(string.string) }
    }
    switch type {
    case .article:
      add(fields["title"])
      if case .text(let hash)? = fields["text"], let text = try text(hash) { parts.append(text.string) }
    case .speaker:
      add(fields["name"])
      for alias in fields.elements(of: "aliases") { add(alias) }
    case .quote:
      if case .list(let segments)? = fields["segments"] {
        for case .record(let segment) in segments {
          guard let anchor = segment["anchor"]?.asAnchor, let text = try text(anchor.textHash) else { continue }
          if let exact = try? text.exact(anchor) { parts.append(exact) }
        }
      }
    case .claim:
      add(fields["text"])
      add(fields["context"])
    case .stance: break
    }
    add(fields["note"])
    return parts.joined(separator: "\n")
  }
}
