import DictaTestSupport
import Testing

@testable import DictaModels

/// Three replicas that write and meet, watched by the naive model: what comes out is right twice.
struct Play {
  static let corpus = CorpusID(raw: .sixteen(9))

  var a = MemoryReplica(name: "A", corpus: corpus)
  var b = MemoryReplica(name: "B", corpus: corpus)
  var c = MemoryReplica(name: "C", corpus: corpus)
  private var random = SeededRandom(seed: 1)
  private var model = NaiveModel()

  typealias Role = WritableKeyPath<Play, MemoryReplica>

  /// Writes what the replica makes of its state.
  @discardableResult
  mutating func write(
    _ writer: Role, at time: UInt64, partCount: Int = 1, _ deeds: (MemoryReplica) throws -> [Deed]
  ) throws -> [ChangeID] {
    var replica = self[keyPath: writer]
    var past = model.applied(of: replica.log.map(\.change.id))
    if replica.isInRun, let end = replica.end.flatMap(replica.id) { past = model.past(of: end).union([end]) }
    let written = try replica.write(try deeds(replica), partCount: partCount, writtenAt: time, random: &random)
    self[keyPath: writer] = replica
    for change in written {
      model.note(change, past: past)
      past.insert(change.change.id)
    }
    return written.map(\.change.id)
  }

  mutating func meet(_ one: Role, _ other: Role, cutAfter limit: Int = .max) throws {
    var (left, right) = (self[keyPath: one], self[keyPath: other])
    _ = try MemoryReplica.sync(&left, &right, cutAfter: limit)
    (self[keyPath: one], self[keyPath: other]) = (left, right)
  }

  /// Goes on from an earlier change, as no honest replica does.
  mutating func stepBack(_ writer: Role, to sequence: UInt64) {
    guard let end = self[keyPath: writer].end else { return }
    self[keyPath: writer].stepBack(to: self[keyPath: writer].branches.version(on: end.branch, at: sequence))
  }

  /// The changes that a replica holds, in the order in which they came, and what they merge into.
  ///
  /// Before that everybody who wrote has met.
  func vector(_ name: String, of reader: Role = \.a, isComplete: Bool = true) throws -> JSONObject {
    var play = self
    if isComplete { for (one, other) in [(\Play.a, \Play.b), (\.a, \.c), (\.a, \.b)] as [(Role, Role)] { try play.meet(one, other) } }
    let replica = play[keyPath: reader]
    #expect(replica.portraits == model.portraits(of: replica.appliedIDs), "\(name): the naive model sees something else")
    #expect(replica.appliedIDs == model.applied(of: replica.log.map(\.change.id)), "\(name)")
    #expect(replica.digest == replica.digestFromScratch, "\(name)")
    return JSONObject(
      [("name", .string(name)), ("corpus", .string(Self.corpus.description)), ("changes", .array(replica.log.map { json($0.change) }))]
        + replica.outcome.members.map { ($0.key, $0.value) } + [("hex", .hex(replica.digest.bytes)), ("valid", .bool(true))])
  }

  private func json(_ change: Change) -> JSON { change.json }
}

extension Change {
  var json: JSON {
    .object([
      "origin": .hex(header.origin.bytes), "sequence": .number(header.sequence), "previous": header.previous.map { .hex($0.bytes) } ?? .null,
      "envelope": .hex(header.envelope.bytes), "body": .hex(bodyBytes), "id": .hex(id.bytes),
    ])
  }
}

extension MemoryReplica {
  /// The changes of a vector, taken in their order.
  init(reading vector: JSONObject) throws {
    self.init(name: "reader", corpus: CorpusID(vector.string("corpus"))!)
    for change in vector.objects("changes") {
      var delivery = Delivery()
      delivery.segments = [
        Segment(
          origin: Origin(bytes: change.bytes("origin"))!, firstSequence: change.integer("sequence"),
          previous: ChangeID(bytes: change.bytes("previous")),
          parcels: [Segment.Parcel(envelope: change.bytes("envelope"), body: change.bytes("body"))], signature: .missing)
      ]
      try receive(delivery, from: "a file")
    }
  }

  /// What is held, and what it has merged into.
  var outcome: JSONObject {
    let living = self.living
    let entities = states.sorted { $0.key < $1.key }.map { entity, state -> JSON in
      let meaning = state.meaning { version in .hex(id(of: version)?.bytes ?? []) }
      return .object(JSONObject([("entity", .string(entity.description)), ("lives", .bool(living.contains(entity)))] + meaning))
    }
    return ["heads": .array(heads.map(\.meaning)), "entities": .array(entities)]
  }

  /// An entity without any field that wasn't there.
  func creating(_ entity: Reference, _ cells: [CellAddress: Value] = [:]) -> [Deed] { inserting(entity, cells) }

  func deleting(_ entity: Reference) -> [Deed] { [Deed(entity, .delete)] }
  func restoring(_ entity: Reference) -> [Deed] { [Deed(entity, .restore)] }
}

extension CellAddress {
  static func key(_ key: ExactString, of field: ExactString) -> CellAddress { CellAddress(field: field, place: .key(key)) }
  static func element(_ value: Value, of field: ExactString) -> CellAddress { CellAddress(field: field, place: .element(Element(value))) }
}
