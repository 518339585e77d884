// The bytes of segments and of the texts that go with them: all of a CHANGES message. Sizes and places are checked here; what the changes
// say, and whether their writer signed them, is storage's to check.

import DictaModels

extension Delivery {
  func encode(into writer: inout ByteWriter) {
    for text in texts { writer.field(1, bytes: text) }
    for segment in segments { writer.field(2) { segment.encode(into: &$0) } }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    self.init()
    var order = FieldOrder()
    var distinctTexts: Set<ExactString> = []
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, repeats: true, in: reader)
      switch (number, isDelimited) {
      case (1, true):
        guard texts.count < Delivery.textLimit else { throw reader.malformed("CHANGES holds more than \(Delivery.textLimit) texts") }
        let text = try reader.delimited()
        guard text.count <= ArticleText.byteLimit else {
          throw reader.malformed("a text takes at most \(ArticleText.byteLimit) bytes, not \(text.count)")
        }
        guard let string = String(validating: text, as: UTF8.self) else { throw reader.malformed("a text is not UTF-8") }
        guard distinctTexts.insert(ExactString(string)).inserted else { throw reader.malformed("a text is there twice") }
        texts.append(Array(text))
      case (2, true):
        guard segments.count < Delivery.segmentLimit else { throw reader.malformed("CHANGES holds more than \(Delivery.segmentLimit) segments") }
        var inner = try reader.message()
        segments.append(try Segment(from: &inner))
      default: throw reader.malformed("CHANGES has no field \(number) here")
      }
    }
    guard !segments.isEmpty else { throw reader.malformed("CHANGES needs a segment") }
  }
}

extension Segment {
  func encode(into writer: inout ByteWriter) {
    writer.field(1, bytes: origin.bytes)
    writer.field(2, varint: firstSequence)
    if let previous { writer.field(3, bytes: previous.bytes) }
    for parcel in parcels {
      precondition(!parcel.held.isReduced, "only what a writer encoded is sent")
      writer.field(4) { writer in
        writer.field(1, bytes: parcel.envelope)
        writer.field(2, bytes: parcel.body)
      }
    }
    writer.field(5, bytes: signature.bytes)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1)
    let origin = Origin(raw: try reader.bytes16())
    try reader.expect(2, isDelimited: false)
    let firstSequence = try reader.varint()
    guard firstSequence > 0 else { throw reader.malformed("sequences count from 1") }

    var order = FieldOrder()
    var previous: ChangeID?
    var parcels: [Parcel] = []
    var byteCount = 0
    var signature: HeadSignature?
    while let (number, isDelimited) = try reader.next() {
      try order.take(number, repeats: number == 4, in: reader)
      switch (number, isDelimited) {
      case (3, true): previous = ChangeID(raw: try reader.bytes32())
      case (4, true):
        guard parcels.count < Segment.changeLimit else { throw reader.malformed("a segment holds more than \(Segment.changeLimit) changes") }
        var inner = try reader.message()
        let parcel = try Parcel(from: &inner)
        byteCount += parcel.byteCount
        guard parcels.isEmpty || byteCount <= Segment.byteLimit else {
          throw reader.malformed("several changes of a segment take more than \(Segment.byteLimit) bytes")
        }
        parcels.append(parcel)
      case (5, true):
        signature = HeadSignature(bytes: try reader.delimited())
        guard signature != nil else { throw reader.malformed("a signature takes \(HeadSignature.byteCount) bytes") }
      default: throw reader.malformed("a segment has no field \(number) here")
      }
    }
    guard let signature else { throw reader.malformed("a segment needs a signature") }
    guard !parcels.isEmpty else { throw reader.malformed("a segment needs a change") }
    guard (firstSequence == 1) == (previous == nil) else {
      throw reader.malformed("the change before the first is named exactly if the first sequence is above 1")
    }
    // The numbers of the changes are computed from the first one; there must be such numbers.
    guard firstSequence <= UInt64.max - UInt64(parcels.count - 1) else { throw reader.malformed("the last sequence doesn't fit into 64 bits") }
    self.init(origin: origin, firstSequence: firstSequence, previous: previous, parcels: parcels, signature: signature)
  }
}

extension Segment.Parcel {
  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    try reader.expect(1)
    let envelope = try reader.delimited()
    guard envelope.count <= Header.byteLimit else { throw reader.malformed("an envelope is larger than \(Header.byteLimit) bytes") }
    try reader.expect(2)
    let body = try reader.delimited()
    guard body.count <= Body.byteLimit else { throw reader.malformed("a body is larger than \(Body.byteLimit) bytes") }
    try reader.finish()
    self.init(envelope: Array(envelope), body: Array(body))
  }
}
