import DictaModels
import DictaStorage

/// What a command found, in the form that was asked for; made inside a transaction, printed after it.
enum Answer: Sendable {
  case json(JSON)
  case text(String)
}

extension Output {
  /// Makes only the form that will be printed.
  func answer(json: @autoclosure () throws -> JSON, text: () throws -> String) rethrows -> Answer {
    isJSON ? .json(try json()) : .text(try text())
  }

  func print(_ answer: Answer) throws {
    switch answer {
    case .json(let json): try print(json) { "" }
    case .text(let text): try print(.null) { text }
    }
  }
}

extension ReadTransaction {
  /// An entity after it was written: its JSON, or a line that says what happened and a few that say what it is.
  func answer(_ entity: some Presentable, _ deed: String, _ output: Output, remarks: [String] = []) throws -> Answer {
    try output.answer(json: .object(json(entity.reference))) {
      let view = CorpusView(self)
      return try view.card(entity, deed, remarks: remarks)
    }
  }
}
