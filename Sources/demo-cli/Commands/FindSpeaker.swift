import DictaModels
import DictaStorage
import Foundation

extension ReadTransaction {
  /// The speaker with this name or alias, spelled exactly, or with this id or end of an id.
  ///
  /// A name that only speakers of one group bear means the first of them. Other normalisations of a name are taken where nobody is spelled
  /// like it byte for byte.
  ///
  /// - Complexity: O(speakers).
  func findSpeaker(_ spelling: String) throws -> Speaker.ID {
    if let id = Speaker.ID(spelling) { return try require(id).id }
    var exact: [Speaker] = []
    var equivalent: [Speaker] = []
    var similar: [Speaker] = []
    let folded = Self.folded(spelling)
    try forEach { (speaker: Speaker) in
      let names = [speaker.name] + speaker.aliases.map(\.string)
      if names.contains(where: { $0.isExactly(spelling) }) {
        exact.append(speaker)
      } else if names.contains(spelling) {
        equivalent.append(speaker)
      } else if !folded.isEmpty, similar.count < 10, names.map(Self.folded).contains(where: { $0.contains(folded) || folded.contains($0) }) {
        similar.append(speaker)
      }
      return true
    }
    let found = exact.isEmpty ? equivalent : exact
    if let first = found.first {
      let group = try group(of: first.id).members
      guard found.allSatisfy({ group.contains($0.id) }) else {
        throw CommandFailure(
          .ambiguous, "several speakers are called “\(spelling)”", hint: "give the id, or merge them with `speaker merge`",
          problems: Self.candidates(found))
      }
      return first.id
    }
    if spelling.allSatisfy({ $0.isHexDigit || $0 == "-" }), spelling.utf8.count >= 4, try !entities(endingIn: spelling, type: .speaker).isEmpty {
      return try find(spelling)
    }
    throw CommandFailure(
      .notFound, "no speaker is called “\(spelling)”, nor has an id that ends so",
      hint: similar.isEmpty ? "add them with `speaker add`, or see `speaker list`" : "these are similar:", problems: Self.candidates(similar))
  }

  /// Without case and diacritics.
  private static func folded(_ name: String) -> String {
    String(String.UnicodeScalarView(name.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars.filter { !$0.properties.isDiacritic }))
  }

  private static func candidates(_ speakers: [Speaker]) -> [(line: String, json: JSON)] {
    speakers.map { speaker in
      let aliases = speaker.aliases.sorted().map(\.string)
      let also = aliases.isEmpty ? "" : ", also \(aliases.joined(separator: ", "))"
      return (
        TextLayout.singleLine("\(speaker.id.short)  \(speaker.name) (\(speaker.kind.rawValue)\(also))"),
        .object(["id": .string(speaker.id.description), "name": .string(speaker.name)])
      )
    }
  }
}
