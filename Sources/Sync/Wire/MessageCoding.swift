// The bytes of messages, written and read by hand. What CHANGES holds is in SegmentCoding.swift, what SNAPSHOT is in the models; how messages travel, in Frame.swift.

import DictaModels

extension Message {
  public var kind: MessageKind {
    switch self {
    case .hello: .hello
    case .heads: .heads
    case .rungs: .rungs
    case .changes: .changes
    case .end: .end
    case .ack: .ack
    case .refusal: .refusal
    case .snapshot: .snapshot
    case .chunk: .chunk
    }
  }

  /// What it says, as bytes: the same ones on every replica.
  ///
  /// Of a message that breaks its rules, like rungs out of order, these are bytes that no peer takes.
  ///
  /// - Complexity: O(*bytes*).
  public var content: [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .hello(let hello): hello.encode(into: &writer)
    case .heads(let heads): heads.encode(into: &writer)
    case .rungs(let names): writer.field(1, heads: names)
    case .changes(let delivery):
      // Of each text and each change some bytes more than that.
      writer = ByteWriter(reserving: delivery.byteCount / 16 * 17)
      delivery.encode(into: &writer)
    case .end: break
    case .ack(let acknowledgment): acknowledgment.encode(into: &writer)
    case .refusal(let refusal): refusal.encode(into: &writer)
    case .snapshot(let manifest): return manifest.bytes
    case .chunk(let chunk):
      writer = ByteWriter(reserving: chunk.bytes.count + 16)
      chunk.encode(into: &writer)
    }
    return writer.finish()
  }

  /// Reads what a peer says.
  ///
  /// What is accepted gives the same ``content`` again, but for two things that a later version may say: fields of HELLO that aren't known
  /// are skipped, and a code of REFUSAL that isn't known is taken for ``Refusal/Code/unable``. Envelopes and bodies of changes are not read.
  ///
  /// - Complexity: O(*bytes*).
  public init(kind: MessageKind, content: [UInt8]) throws(MalformedBytes) {
    guard content.count <= kind.contentByteLimit else {
      throw MalformedBytes(offset: 0, reason: "\(kind) takes at most \(kind.contentByteLimit) bytes, not \(content.count)")
    }
    var reader = ByteReader(content)
    switch kind {
    case .hello: self = .hello(try Hello(from: &reader))
    case .heads: self = .heads(try PeerHeads(from: &reader))
    case .rungs: self = .rungs(try reader.rungs())
    case .changes: self = .changes(try Delivery(from: &reader))
    case .end: self = .end
    case .ack: self = .ack(try Acknowledgment(from: &reader))
    case .refusal: self = .refusal(try Refusal(from: &reader))
    case .snapshot: self = .snapshot(try SnapshotManifest(bytes: content))
    case .chunk: self = .chunk(try SnapshotChunk(from: &reader))
    }
  }
}

// MARK: - HELLO

extension Hello {
  /// The numbers of the fields that only a later version knows.
  private static let laterFields = 10...15

  fileprivate func encode(into writer: inout ByteWriter) {
    writer.field(1, varint: oldestVersion)
    writer.field(2, varint: newestVersion)
    writer.field(3, bytes: corpus.bytes)
    if mayAdopt { writer.field(4, varint: 1) }
    writer.field(5, bytes: heads.bytes)
    writer.field(6, bytes: nonce.array)
    if takesCompression { writer.field(7, varint: 1) }
    if !remembered.isEmpty { writer.field(8, bytes: remembered.flatMap(\.bytes)) }
    if let snapshotWish { writer.field(9) { snapshotWish.encode(into: &$0) } }
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let oldestVersion = try reader.varint()
    try reader.expect(2, isDelimited: false)
    let newestVersion = try reader.varint()
    try reader.expect(3)
    let corpus = CorpusID(raw: try reader.bytes16())

    var order = FieldOrder()
    var (mayAdopt, takesCompression) = (false, false)
    var heads: HeadsHash?
    var nonce: Bytes16?
    var remembered: [HeadsHash] = []
    var snapshotWish: SnapshotWish?
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, in: reader)
      switch (number, isDelimited) {
      case (4, false): mayAdopt = try reader.flag()
      case (5, true): heads = HeadsHash(raw: try reader.bytes32())
      case (6, true): nonce = try reader.bytes16()
      case (7, false): takesCompression = try reader.flag()
      case (8, true): remembered = try reader.rememberedHeads()
      case (9, true):
        var inner = try reader.message()
        snapshotWish = try SnapshotWish(from: &inner)
      case (Self.laterFields, true): _ = try reader.delimited()
      case (Self.laterFields, false): _ = try reader.varint()
      default: throw reader.malformed("HELLO has no field \(number) here")
      }
    }
    guard let heads else { throw reader.malformed("HELLO needs the hash of heads") }
    guard let nonce else { throw reader.malformed("HELLO needs a nonce") }
    self.init(
      oldestVersion: oldestVersion, newestVersion: newestVersion, corpus: corpus, mayAdopt: mayAdopt, heads: heads, nonce: nonce,
      takesCompression: takesCompression, remembered: remembered, snapshotWish: snapshotWish)
  }
}

extension ByteReader {
  /// A 1: what isn't so is left out.
  fileprivate mutating func flag() throws(MalformedBytes) -> Bool {
    guard try varint() == 1 else { throw malformed("this is 1 or left out") }
    return true
  }

  fileprivate mutating func rememberedHeads() throws(MalformedBytes) -> [HeadsHash] {
    let bytes = try delimited()
    guard bytes.count % 32 == 0, (1...Hello.rememberedLimit).contains(bytes.count / 32) else {
      throw malformed("1 to \(Hello.rememberedLimit) hashes of 32 bytes each are needed here, not \(bytes.count) bytes")
    }
    return stride(from: bytes.startIndex, to: bytes.endIndex, by: 32).compactMap { start in
      Bytes32(bytes[start..<start + 32]).map { HeadsHash(raw: $0) }
    }
  }
}

// MARK: - HEADS and RUNGS

extension PeerHeads {
  fileprivate func encode(into writer: inout ByteWriter) {
    if let base { writer.field(1, bytes: base.bytes) }
    writer.field(2, heads: names)
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    var order = FieldOrder()
    var base: HeadsHash?
    var names: [HeadName] = []
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, repeats: number == 2, in: reader)
      switch (number, isDelimited) {
      case (1, true): base = HeadsHash(raw: try reader.bytes32())
      case (2, true): try reader.head(after: &names)
      default: throw reader.malformed("HEADS has no field \(number) here")
      }
    }
    self.init(base: base, names: names)
  }
}

extension ByteWriter {
  /// - Parameter names: in ascending order, each once.
  fileprivate mutating func field(_ number: Int, heads names: [HeadName]) {
    for name in names { field(number) { name.encode(into: &$0) } }
  }
}

extension ByteReader {
  fileprivate mutating func rungs() throws(MalformedBytes) -> [HeadName] {
    var names: [HeadName] = []
    repeat {
      try expect(1)
      try head(after: &names)
    } while !isAtEnd
    return names
  }

  /// Appends a head's name to a list that stands in ascending order, each once.
  fileprivate mutating func head(after names: inout [HeadName]) throws(MalformedBytes) {
    var inner = try message()
    let name = try HeadName(from: &inner)
    if let last = names.last, last >= name { throw inner.malformed("heads are out of order or there twice") }
    names.append(name)
  }
}

extension HeadName {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.field(1, bytes: origin.bytes)
    writer.field(2, varint: sequence)
    writer.field(3, bytes: prefix.array)
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1)
    let origin = Origin(raw: try reader.bytes16())
    try reader.expect(2, isDelimited: false)
    let sequence = try reader.varint()
    guard sequence > 0 else { throw reader.malformed("sequences count from 1") }
    try reader.expect(3)
    self.init(origin: origin, sequence: sequence, prefix: try reader.bytes16())
    try reader.finish()
  }
}

// MARK: - ACK and REFUSAL

extension Acknowledgment {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.field(1, varint: UInt64(changes))
    writer.field(2, varint: UInt64(texts))
    writer.field(3, bytes: heads.bytes)
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let changes = try reader.tally()
    try reader.expect(2, isDelimited: false)
    let texts = try reader.tally()
    try reader.expect(3)
    self.init(changes: changes, texts: texts, heads: HeadsHash(raw: try reader.bytes32()))
    try reader.finish()
  }
}

extension ByteReader {
  /// How many there were of what nobody allocates.
  fileprivate mutating func tally() throws(MalformedBytes) -> Int {
    guard let tally = Int(exactly: try varint()) else { throw malformed("there can't be so many") }
    return tally
  }
}

extension Refusal {
  /// The most bytes that the words for people take.
  private static let messageByteLimit = 4096

  fileprivate func encode(into writer: inout ByteWriter) {
    writer.field(1, varint: code.rawValue)
    writer.field(2, string: String(message[..<sendableEnd]))
  }

  /// Where the words end that are sent. An error's own can be long, and a refusal that can't be sent helps nobody: they are cut, between
  /// two scalars.
  private var sendableEnd: String.Index {
    guard var end = message.utf8.index(message.startIndex, offsetBy: Self.messageByteLimit, limitedBy: message.endIndex) else {
      return message.endIndex
    }
    while end.samePosition(in: message.unicodeScalars) == nil { end = message.utf8.index(before: end) }
    return end
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let code = Code(rawValue: try reader.varint()) ?? .unable
    try reader.expect(2)
    let message = try reader.string()
    guard message.utf8.count <= Self.messageByteLimit else { throw reader.malformed("a refusal's words take at most \(Self.messageByteLimit) bytes") }
    try reader.finish()
    self.init(code: code, message: message)
  }
}

// MARK: - Snapshots

extension SnapshotWish {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.field(1, varint: schemaVersion)
    guard let held else { return }
    writer.field(2, bytes: held.id.array)
    writer.field(3, varint: UInt64(held.chunkCount))
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let schemaVersion = try reader.varint()
    guard !reader.isAtEnd else {
      self.init(schemaVersion: schemaVersion)
      return
    }
    try reader.expect(2)
    let id = try reader.bytes32()
    try reader.expect(3, isDelimited: false)
    let chunkCount = try reader.varint()
    guard chunkCount <= UInt64(SnapshotManifest.chunkLimit) else { throw reader.malformed("no snapshot has so many chunks") }
    try reader.finish()
    self.init(schemaVersion: schemaVersion, held: Held(id: id, chunkCount: Int(chunkCount)))
  }
}

extension SnapshotChunk {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.field(1, varint: UInt64(number))
    writer.field(2, bytes: bytes)
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let number = try reader.varint()
    guard number < UInt64(SnapshotManifest.chunkLimit) else { throw reader.malformed("no snapshot has so many chunks") }
    try reader.expect(2)
    let bytes = Array(try reader.delimited())
    guard (1...SnapshotManifest.chunkByteCount).contains(bytes.count) else { throw reader.malformed("no chunk has \(bytes.count) bytes") }
    try reader.finish()
    self.init(number: Int(number), bytes: bytes)
  }
}
