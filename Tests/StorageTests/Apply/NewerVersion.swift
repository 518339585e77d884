import DictaModels

@testable import DictaStorage

// What a version to come might know: more of a speaker than this one does, and a type of its own. Written with nothing but what is public.

/// A speaker as a newer version has it.
struct NewerSpeaker: Entity {
  static let type = EntityType.speaker

  let id: Identifier<NewerSpeaker>
  var name: String

  /// Among them choices that this version doesn't have.
  var kind: String

  var pronunciation: String?
  var agent: Identifier<NewerSpeaker>?
  var voices: Set<ExactString> = []
  var note: String?
  var tags: Set<ExactString> = []
  var other = Fields()

  init(id: ID, name: String, kind: String) {
    (self.id, self.name, self.kind) = (id, name, kind)
  }

  struct Unreadable: Error {}

  init(id: ID, fields: Fields, texts: (TextHash) throws -> ArticleText?) throws {
    var rest = fields
    func string(_ field: ExactString) -> String? {
      guard case .string(let string)? = rest[field] else { return nil }
      rest[field] = nil
      return string.string
    }
    func strings(_ field: ExactString) -> Set<ExactString> {
      let strings = rest.elements(of: field).compactMap { if case .string(let string) = $0 { string } else { nil } }
      for string in strings { rest[.element(.string(string), of: field)] = nil }
      return Set(strings)
    }
    guard let name = string("name"), let kind = string("kind") else { throw Unreadable() }
    self.init(id: id, name: name, kind: kind)
    (pronunciation, note) = (string("pronunciation"), string("note"))
    (voices, tags) = (strings("voices"), strings("tags"))
    if case .reference(let reference)? = rest["agent"], reference.type == "speaker" {
      agent = Identifier(reference.id)
      rest["agent"] = nil
    }
    other = rest
  }

  var fields: Fields {
    var fields = other
    fields["name"] = .string(ExactString(name))
    fields["kind"] = .string(ExactString(kind))
    fields["pronunciation"] = pronunciation.map { .string(ExactString($0)) }
    fields["agent"] = agent.map { .reference($0.reference) }
    fields["note"] = note.map { .string(ExactString($0)) }
    for voice in voices { fields.insert(.string(voice), into: "voices") }
    for tag in tags { fields.insert(.string(tag), into: "tags") }
    return fields
  }
}

/// A conversation in which somebody was heard: a type that this version doesn't have.
///
/// It is no `Entity`, because the types of those are a closed list; a newer version would have one more.
struct Interview: Equatable {
  let reference: Reference
  var guest: Reference
  var quotes: [Reference]
  var transcript: TextHash

  init(_ number: UInt8, guest: Reference, quotes: [Reference], transcript: TextHash) {
    reference = .of("interview", number)
    (self.guest, self.quotes, self.transcript) = (guest, quotes, transcript)
  }

  init?(_ reference: Reference, _ fields: Fields) {
    guard case .reference(let guest)? = fields["guest"], case .text(let transcript)? = fields["transcript"],
      case .list(let quotes)? = fields["quotes"]
    else { return nil }
    self.reference = reference
    (self.guest, self.transcript) = (guest, transcript)
    self.quotes = quotes.compactMap { if case .reference(let quote) = $0 { quote } else { nil } }
  }

  var fields: Fields {
    var fields = Fields()
    fields["guest"] = .reference(guest)
    fields["quotes"] = .list(quotes.map { .reference($0) })
    fields["transcript"] = .text(transcript)
    return fields
  }
}

/// Fields of every kind that this version doesn't know, and known ones with what it doesn't expect.
enum UnknownFields {
  /// Values of every kind, as they stand in fields that nobody knows.
  static func values(_ reference: Reference, _ text: TextHash) -> [(CellAddress, Value)] {
    let nested = (0..<14).reduce(Value.reference(reference)) { value, level in
      level.isMultiple(of: 2) ? .list([value, .null]) : .record(Record(["in": value]))
    }
    return [
      (.field("aFlag"), .bool(false)), (.field("aNumber"), .integer(.min)), (.field("anotherNumber"), .integer(9_007_199_254_740_993)),
      (.field("aString"), .string("")), (.field("words"), .string("cafe\u{301}\u{0}🏛")), (.field("someBytes"), .bytes([0, 255, 128])),
      (.field("noBytes"), .bytes([])), (.field("aReference"), .reference(reference)), (.field("aText"), .text(text)),
      (.field("aList"), .list([.null, .bool(true), .list([]), .record(Record()), .reference(reference), .text(text)])), (.field("noList"), .list([])),
      (.field("aRecord"), .record(Record(["": .null, "who": .reference(reference), "where": .text(text)]))), (.field("noRecord"), .record(Record())),
      (.field("deep"), nested), (.element(.reference(reference), of: "aSet"), .bool(true)), (.element(.null, of: "aSet"), .bool(true)),
      (.element(.record(Record(["at": .integer(-1)])), of: "aSet"), .bool(true)), (.key("", of: "aMap"), .bytes([1])),
      (.key("é", of: "aMap"), .list([.text(text)])), (.key("e\u{301}", of: "aMap"), .reference(reference)),
      // One name for three kinds of cell.
      (.field("mixed"), .integer(1)), (.element(.integer(1), of: "mixed"), .bool(true)), (.key("1", of: "mixed"), .integer(1)),
    ]
  }

  /// Known fields of a claim with values of another shape than this version expects.
  static func misshapen(_ reference: Reference) -> [(CellAddress, Value)] {
    [
      (.field("context"), .list([.string("one"), .reference(reference)])), (.field("period"), .string("always")), (.field("negationOf"), .bytes([9])),
      (.element(.integer(7), of: "tags"), .bool(true)), (.key("tags", of: "tags"), .string("as a map")),
      (.key("wikidata", of: "externalIDs"), .record(Record(["id": .string("Q1")]))), (.field("externalIDs"), .string("none")),
    ]
  }

  /// Cells that share their field with one of another kind: a document has room for one of them.
  static let ofOtherKinds: [CellAddress] = [
    .element(.integer(1), of: "mixed"), .key("1", of: "mixed"), .key("tags", of: "tags"), .key("wikidata", of: "externalIDs"),
  ]
}
