import DictaModels

/// What full-text search finds an entity by: its words, and beside them its note.
enum SearchWords {
  static let noteField: ExactString = "note"

  /// Whether a field's value counts among the words of its entity; its note is apart from them.
  static func depend(on field: ExactString, of type: EntityType) -> Bool {
    fields(type).contains(field)
  }

  private static func fields(_ type: EntityType) -> [ExactString] {
    switch type {
    case .article: ["title", "text"]
    case .speaker: ["name", "aliases"]
    case .quote: ["segments"]
    case .claim: ["text", "context"]
    case .stance: []
    }
  }

  /// All but the note.
  ///
  /// - Parameter text: gives the texts that fields name.
  static func of(_ type: EntityType, _ state: EntityState, text: (TextHash) throws -> ArticleText?) throws -> String {
    var parts: [String] = []
    func add(_ value: Value?) {
      if case .string(let string)? = value { parts.append(string.string) }
    }
    switch type {
    case .article:
      add(state.shown("title"))
      if case .text(let hash)? = state.shown("text"), let text = try text(hash) { parts.append(text.string) }
    case .speaker:
      add(state.shown("name"))
      for alias in state.shownElements(of: "aliases") { add(alias) }
    case .quote:
      if case .list(let segments)? = state.shown("segments") {
        for case .record(let segment) in segments {
          guard let anchor = segment["anchor"]?.asAnchor, let text = try text(anchor.textHash) else { continue }
          if let exact = try? text.exact(anchor) { parts.append(exact) }
        }
      }
    case .claim:
      add(state.shown("text"))
      add(state.shown("context"))
    case .stance: break
    }
    return parts.joined(separator: "\n")
  }

  /// The note; empty without one.
  static func note(_ state: EntityState) -> String {
    if case .string(let note)? = state.shown(noteField) { note.string } else { "" }
  }
}
