import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Testing

/// Whole sessions, byte by byte: what each side holds, says, and holds in the end. Each side is also played alone, against the other's
/// recorded words, in memory and as an archive.
@Suite struct SessionVectorTests {
  private let nonces: [SyncSession.Role: Bytes16] = [.caller: .sixteen(1), .answerer: .sixteen(2)]

  // MARK: Generating

  /// Runs a session between two logs that take turns.
  private func play(_ scene: SessionScene) async throws -> JSONObject {
    let logs = (try await scene.caller.log, try await scene.answerer.log)
    var caller = TurnTaker(logs.0, as: .caller, nonce: nonces[.caller]!, byteLimit: scene.byteLimit)
    var answerer = TurnTaker(logs.1, as: .answerer, nonce: nonces[.answerer]!, byteLimit: scene.byteLimit)
    var heard = (caller: 0, answerer: 0)
    func end(of role: SyncSession.Role) -> Int { scene.cut.map { $0.role == role ? $0.byteCount : .max } ?? .max }
    await caller.call()
    while true {
      let toAnswerer = caller.stream.prefix(end(of: .caller)).dropFirst(heard.answerer)
      await answerer.hear(toAnswerer)
      let toCaller = answerer.stream.prefix(end(of: .answerer)).dropFirst(heard.caller)
      await caller.hear(toCaller)
      guard !toAnswerer.isEmpty || !toCaller.isEmpty else { break }
      heard = (heard.caller + toCaller.count, heard.answerer + toAnswerer.count)
    }
    await caller.end()
    await answerer.end()
    return [
      "name": .string(scene.name), "byteLimit": .integer(Int64(scene.byteLimit)),
      "caller": .object(side(scene.caller, caller, logs.0, Array(caller.stream.prefix(end(of: .caller))))),
      "answerer": .object(side(scene.answerer, answerer, logs.1, Array(answerer.stream.prefix(end(of: .answerer))))), "valid": .bool(true),
    ]
  }

  private func side(_ holding: Holding, _ side: TurnTaker<MemoryLog>, _ log: MemoryLog, _ stream: [UInt8]) -> JSONObject {
    var reader = FrameReader()
    reader.append(stream)
    var kinds: [JSON] = []
    while let message = try? reader.next() { kinds.append(.string(message.kind.description)) }
    let replica = log.archive.replica
    return JSONObject(
      holding.json + [
        ("nonce", .hex(nonces[side.peer == "answerer" ? .caller : .answerer]!.array)), ("stream", .hex(stream)), ("messages", .array(kinds)),
        ("outcome", .string(side.outcome)), ("roundTrips", .integer(Int64(side.session.roundTrips))),
        ("after", .object(state(log.archive.corpus, replica.heads, replica.digest))),
      ])
  }

  private func state(_ corpus: CorpusID, _ heads: [Head], _ digest: Digest) -> JSONObject {
    ["corpus": .string(corpus.description), "heads": .hex(HeadsHash(of: heads).bytes), "digest": .hex(digest.bytes)]
  }

  private func vector(_ fault: SessionFault) async throws -> JSONObject {
    let log = try await fault.holding.log
    let side = await hear(fault.hears, log, as: fault.role, nonce: nonces[fault.role]!, byteLimit: 1 << 20)
    #expect(side.outcome == "failed", "\(fault.name)")
    var code: Refusal.Code?
    if case .refusal(let refusal)? = side.said.last { code = refusal.code }
    #expect(code == fault.refusal, "\(fault.name): \(side.failure.map { "\($0)" } ?? "")")
    return JSONObject(
      [("name", .string(fault.name)), ("role", .string("\(fault.role)"))] + fault.holding.json + [
        ("nonce", .hex(nonces[fault.role]!.array)), ("hears", .hex(fault.hears)), ("says", said(side)),
        ("after", .object(state(log.archive.corpus, log.archive.replica.heads, log.archive.replica.digest))), ("valid", .bool(false)),
      ])
  }

  /// The words of a REFUSAL are everybody's own.
  private func said(_ side: TurnTaker<some ChangeLog>) -> JSON {
    .array(
      side.said.map { message in
        if case .refusal(let refusal) = message { .string("REFUSAL \(refusal.code.rawValue)") } else { .string(message.kind.description) }
      })
  }

  private func hear<Log: ChangeLog>(_ bytes: [UInt8], _ log: Log, as role: SyncSession.Role, nonce: Bytes16, byteLimit: Int) async -> TurnTaker<Log> {
    var side = TurnTaker(log, as: role, nonce: nonce, byteLimit: byteLimit)
    if role == .caller { await side.call() }
    await side.hear(bytes)
    await side.end()
    return side
  }

  // MARK: Playing one side against the other's recorded words

  private func replay(_ vector: JSONObject, _ role: SyncSession.Role, _ folder: TestFolder, _ number: Int) async throws {
    guard case .object(let own)? = vector["\(role)"], case .object(let other)? = vector[role == .caller ? "answerer" : "caller"],
      case .object(let after)? = own["after"], let nonce = Bytes16(own.bytes("nonce"))
    else { throw CutStream() }
    let (name, byteLimit) = ("\(vector.string("name")), \(role)", Int(vector.integer("byteLimit")))
    let holding = try Holding(json: own)
    func check(_ side: TurnTaker<some ChangeLog>, _ place: String) {
      // The line may have died before all of it was heard.
      #expect(side.stream.starts(with: own.bytes("stream")), "\(name), \(place): it says something else")
      #expect(side.outcome == own.string("outcome"), "\(name), \(place)")
      #expect(side.session.roundTrips == Int(own.integer("roundTrips")), "\(name), \(place)")
    }
    let log = try await holding.log
    check(await hear(other.bytes("stream"), log, as: role, nonce: nonce, byteLimit: byteLimit), "in memory")
    #expect(state(log.archive.corpus, log.archive.replica.heads, log.archive.replica.digest) == after, "\(name), in memory")

    let archive = try Archive(
      creatingAt: "\(folder.path)/\(number)-\(role).dicta", corpus: holding.corpus, device: "reader", surroundings: .withoutSnapshots)
    try await holding.fill(archive)
    check(await hear(other.bytes("stream"), archive, as: role, nonce: nonce, byteLimit: byteLimit), "as an archive")
    let status = try await archive.status
    #expect(state(status.corpus, status.heads, status.digest) == after, "\(name), as an archive")
    try archive.close()
  }

  private func replayFault(_ vector: JSONObject, _ folder: TestFolder, _ number: Int) async throws {
    guard case .object(let after)? = vector["after"], let nonce = Bytes16(vector.bytes("nonce")) else { throw CutStream() }
    let role: SyncSession.Role = vector.string("role") == "caller" ? .caller : .answerer
    let holding = try Holding(json: vector)
    let archive = try Archive(creatingAt: "\(folder.path)/\(number).dicta", corpus: holding.corpus, device: "reader", surroundings: .withoutSnapshots)
    try await holding.fill(archive)
    let side = await hear(vector.bytes("hears"), archive, as: role, nonce: nonce, byteLimit: 1 << 20)
    #expect(side.outcome == "failed" && said(side) == vector["says"], "\(vector.string("name")), as an archive")
    let status = try await archive.status
    #expect(state(status.corpus, status.heads, status.digest) == after, "\(vector.string("name")), as an archive")
    try archive.close()
  }

  @Test func sessions() async throws {
    var generated: [JSONObject] = []
    for scene in try SessionScenes.all() { generated.append(try await play(scene)) }
    for fault in try SessionFaults.all() { generated.append(try await vector(fault)) }
    let vectors = try VectorFile(name: "sessions.json").vectors(generated: generated)
    #expect(vectors.map { $0.string("name") } == generated.map { $0.string("name") })
    #expect(Set(vectors.map { $0.string("name") }).count == vectors.count, "names are unique")
    let folder = try TestFolder()
    for (number, (vector, expected)) in zip(vectors, generated).enumerated() {
      if SigningKey.areSignaturesRepeatable { #expect(vector == expected, "\(vector.string("name")) is not what is generated") }
      if vector.isValid {
        for role in [SyncSession.Role.caller, .answerer] { try await replay(vector, role, folder, number) }
      } else {
        try await replayFault(vector, folder, number)
      }
    }
  }

  @Test func theSameSessionsEndEqualOverARealLine() async throws {
    for scene in try SessionScenes.all() where scene.cut == nil {
      let (one, two) = (try await scene.caller.log, try await scene.answerer.log)
      let report = try await one.sync(with: two)
      #expect(report.isEqual, "\(scene.name)")
      #expect(one.archive.replica.digest == two.archive.replica.digest, "\(scene.name)")
    }
  }
}

extension Surroundings {
  /// Of an archive whose HELLO is that of a log without snapshots.
  fileprivate static var withoutSnapshots: Surroundings {
    var surroundings = Surroundings.system
    surroundings.takesSnapshots = false
    return surroundings
  }
}
