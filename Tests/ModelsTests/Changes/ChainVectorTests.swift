import DictaTestSupport
import Testing

@testable import DictaModels

/// Chains of changes: their ids, computed from envelopes and bodies alone, and which of them belong to one run.
@Suite struct ChainVectorTests {
  private static let corpus = CorpusID(raw: .sixteen(9))
  private static let key = SigningKey(seed: [UInt8](repeating: 7, count: 32))
  private static let birth = Header.Birth(publicKey: key.publicKey, nonce: .sixteen(2), device: "desk")
  private static let origin = Origin(corpus: corpus, publicKey: birth.publicKey, nonce: birth.nonce)

  /// What changes say: a claim's text, numbered.
  private func body(_ number: UInt64) -> [UInt8] {
    let claim = Reference(type: "claim", id: .sixteen(1))
    let op = Op(
      .field("text"), .integer(Int64(truncatingIfNeeded: number)), overwrites: number == 1 ? [] : [VersionName(line: 0, sequence: number - 1)])
    return Body(groups: [Group(entity: claim, action: number == 1 ? .create : .edit, ops: [op])]).bytes
  }

  private func changes(_ envelopes: [Header.Envelope], from first: UInt64 = 1, after previous: ChangeID? = nil) throws -> [Change] {
    var (previous, changes) = (previous, [Change]())
    for (index, envelope) in envelopes.enumerated() {
      var envelope = envelope
      let sequence = first + UInt64(index)
      if sequence == 1 { envelope.birth = Self.birth }
      let change = try Change(
        origin: Self.origin, sequence: sequence, previous: previous, envelope: envelope, bodyBytes: body(sequence))
      changes.append(change)
      previous = change.id
    }
    return changes
  }

  private func json(_ change: Change) -> JSONObject {
    ["envelope": .hex(change.header.envelope.bytes), "body": .hex(change.bodyBytes), "id": .hex(change.id.bytes)]
  }

  /// - Parameter runs: the sequences of the changes of each run that is complete.
  private func vector(_ name: String, _ changes: [Change], runs: [[UInt64]]) -> JSONObject {
    [
      "name": .string(name), "corpus": .string(Self.corpus.description), "origin": .hex(Self.origin.bytes),
      "firstSequence": .number(changes[0].header.sequence), "previous": changes[0].header.previous.map { .hex($0.bytes) } ?? .null,
      "changes": .array(changes.map { .object(json($0)) }), "runs": .array(runs.map { .array($0.map { .number($0) }) }), "valid": .bool(true),
    ]
  }

  private func envelope(_ time: UInt64, continued: Bool = false, dependencies: [Head] = []) -> Header.Envelope {
    Header.Envelope(dependencies: dependencies, writtenAt: time, isContinued: continued)
  }

  private var valid: [JSONObject] {
    get throws {
      let other = Head(origin: Origin(raw: .sixteen(4)), sequence: 9, id: ChangeID(of: "elsewhere"))
      return [
        vector("chain of one change", try changes([envelope(1)]), runs: [[1]]),
        vector("chain of three changes", try changes([envelope(1), envelope(2), envelope(3)]), runs: [[1], [2], [3]]),
        vector("chain whose clock goes backwards", try changes([envelope(3), envelope(2), envelope(0)]), runs: [[1], [2], [3]]),
        vector("chain that goes on", try changes([envelope(1), envelope(2)], from: 300, after: ChangeID(of: "before")), runs: [[300], [301]]),
        vector(
          "chain with dependencies on the way", try changes([envelope(1), envelope(2, dependencies: [other]), envelope(3)]),
          runs: [[1], [2], [3]]),
        vector(
          "run of three changes", try changes([envelope(1, continued: true), envelope(1, continued: true), envelope(1)]), runs: [[1, 2, 3]]),
        vector(
          "run between two changes", try changes([envelope(1), envelope(2, continued: true), envelope(2), envelope(3)]), runs: [[1], [2, 3], [4]]),
        vector(
          "run with dependencies in its first change", try changes([envelope(1), envelope(2, continued: true, dependencies: [other]), envelope(2)]),
          runs: [[1], [2, 3]]),
        vector("run without an end", try changes([envelope(1), envelope(2, continued: true)]), runs: [[1]]),
        vector("chain with the greatest sequence", try changes([envelope(1)], from: .max, after: ChangeID(of: "before")), runs: [[.max]]),
      ]
    }
  }

  private var invalid: [JSONObject] {
    get throws {
      let sound = try changes([envelope(1), envelope(2), envelope(3)])
      func broken(_ name: String, _ edit: (inout JSONObject, inout [JSONObject]) -> Void) -> JSONObject {
        var vector = vector(name, sound, runs: [[1], [2], [3]])
        var changes = vector.objects("changes")
        edit(&vector, &changes)
        vector.set("changes", .array(changes.map { .object($0) }))
        vector.set("valid", .bool(false))
        return vector
      }
      let later = Header.Envelope(writtenAt: 9).bytes
      return [
        broken("chain with an altered body") { $1[0].set("body", .hex(body(8))) },
        broken("chain with an altered time") { $1[1].set("envelope", .hex(later)) },
        broken("chain with two changes swapped") { $1.swapAt(1, 2) }, broken("chain that lacks a change") { $1.remove(at: 1) },
        broken("chain with a change twice") { $1.insert($1[1], at: 1) },
        broken("chain of another origin") { vector, _ in vector.set("origin", .hex(Bytes16.sixteen(1).array)) },
        broken("chain numbered from 2") { vector, _ in vector.set("firstSequence", .integer(2)) },
        broken("chain behind another change") { vector, changes in
          changes.remove(at: 0)
          vector.set("firstSequence", .integer(2))
          vector.set("previous", .hex(ChangeID(of: "another").bytes))
        },
      ]
    }
  }

  @Test func chains() throws {
    try checkVectors("chains.json", try valid + invalid) { vector in
      var previous = ChangeID(bytes: vector.bytes("previous"))
      var sequence = vector["firstSequence"] == .string("\(UInt64.max)") ? .max : vector.integer("firstSequence")
      var (runs, run) = ([[UInt64]](), [UInt64]())
      for written in vector.objects("changes") {
        let change = try Change(
          origin: Origin(bytes: vector.bytes("origin"))!, sequence: sequence, previous: previous,
          envelope: Header.Envelope(bytes: written.bytes("envelope")), bodyBytes: written.bytes("body"))
        guard change.id.bytes == written.bytes("id") else { throw Broken("change \(sequence) has another id") }
        run.append(sequence)
        if !change.header.envelope.isContinued {
          runs.append(run)
          run = []
        }
        (previous, sequence) = (change.id, sequence &+ 1)
      }
      #expect(JSON.array(runs.map { .array($0.map { .number($0) }) }) == vector["runs"])
    }
  }
}
