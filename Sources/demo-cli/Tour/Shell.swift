import DictaModels
import DictaStorage

/// Words as they are typed at a prompt.
enum Shell {
  /// In single quotes, if the shell would make something else of it.
  static func quoted(_ word: String) -> String {
    let isSafe = !word.isEmpty && word.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || "0123456789-_./:=+,@%".unicodeScalars.contains($0) }
    return isSafe ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// A command line of this program.
  static func command(_ words: String...) -> String {
    command(words)
  }

  static func command(_ words: [String]) -> String {
    (["demo-cli"] + words.map(quoted)).joined(separator: " ")
  }
}

extension Conflict {
  /// The last digits of the entity's id, as they may be typed.
  var ending: String { String(entity.description.suffix(6)) }
}

extension Shell {
  static func speakerAdd(_ sample: SampleSpeaker) -> String {
    var words = ["speaker", "add", sample.name, "--kind", sample.kind]
    for tenure in sample.tenures {
      words += ["--tenure", "\(tenure.role)@\(tenure.organization ?? ""):\(tenure.from ?? "")..\(tenure.to ?? "")"]
    }
    for alias in sample.aliases { words += ["--alias", alias] }
    return command(words)
  }

  static func quoteAdd(_ sample: SampleQuote, articleEnding: String, speaker: String) -> String {
    var words = ["quote", "add", "--article", articleEnding]
    for text in sample.texts { words += ["--text", text] }
    words += ["--kind", sample.kind, "--speaker", speaker]
    if let mention = sample.mention { words += ["--mention", mention] }
    if let kind = sample.mentionKind { words += ["--mention-kind", kind] }
    if let role = sample.role { words += ["--role", role] }
    if let cue = sample.cue { words += ["--cue", cue] }
    if let saidOn = sample.saidOn { words += ["--said-on", saidOn] }
    if let medium = sample.medium { words += ["--medium", medium] }
    return command(words)
  }
}
