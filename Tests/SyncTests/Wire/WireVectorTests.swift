import DictaModels
import DictaTestSupport
import Testing

@testable import DictaSync

/// Messages and frames, pinned down by files that other implementations can read. A vector that changes is a protocol that changed.
@Suite struct WireVectorTests {
  /// Compares a file with what is generated.
  private func vectors(_ file: String, _ generated: [JSONObject]) throws -> [JSONObject] {
    let vectors = try VectorFile(name: file).vectors(generated: generated)
    #expect(vectors.map { $0.string("name") } == generated.map { $0.string("name") })
    for (vector, expected) in zip(vectors, generated) { #expect(vector == expected, "\(file): \(vector.string("name")) is not what is generated") }
    #expect(Set(vectors.map { $0.string("name") }).count == vectors.count, "\(file): names are unique")
    #expect(vectors.count { !$0.isValid } * 5 >= vectors.count * 2, "\(file): what is invalid tells most")
    return vectors
  }

  /// That a vector is refused, and for the reason that its name says.
  private func expectRefusal(_ name: String, _ reason: String?, _ decode: () throws -> Void) {
    do {
      try decode()
      Issue.record("\(name) is accepted")
    } catch is CutStream {
      #expect(reason == nil, "\(name) is a cut stream")
    } catch {
      #expect(reason.map { "\(error)".contains($0) } == true, "\(name) is refused: \(error)")
    }
  }

  // MARK: - Messages

  private func vector(_ name: String, _ kind: MessageKind, _ content: [UInt8]) -> JSONObject {
    ["name": .string(name), "type": .number(UInt64(kind.rawValue)), "hex": .hex(content)]
  }

  private func decode(_ vector: JSONObject) throws -> Message {
    let kind = try #require(MessageKind(rawValue: UInt8(vector.integer("type"))))
    return try Message(kind: kind, content: vector.bytes("hex"))
  }

  @Test func messages() throws {
    var generated = MessageVectors.valid.map { name, message in
      var object = vector(name, message.kind, message.content)
      object.append("valid", .bool(true))
      object.append("meaning", message.meaning)
      return object
    }
    generated += try MessageVectors.later.map { name, kind, content in
      let message = try Message(kind: kind, content: content)
      var object = vector(name, kind, content)
      object.append("valid", .bool(true))
      object.append("meaning", message.meaning)
      // What is left when what only a later version knows is dropped.
      object.append("understood", .hex(message.content))
      return object
    }
    generated += MessageVectors.malformed.map { malformed in
      var object = vector(malformed.name, malformed.kind, malformed.content)
      object.append("valid", .bool(false))
      return object
    }
    let reasons = Dictionary(uniqueKeysWithValues: MessageVectors.malformed.map { ($0.name, $0.reason) })
    for vector in try vectors("messages.json", generated) {
      let name = vector.string("name")
      guard vector.isValid else {
        expectRefusal(name, reasons[name]) { _ = try decode(vector) }
        continue
      }
      let message = try decode(vector)
      #expect(message.meaning == vector["meaning"], "\(name)")
      #expect(message.content == vector.bytes(vector["understood"] == nil ? "hex" : "understood"), "\(name)")
    }
  }

  // MARK: - Frames

  private func meaning(_ messages: [Message]) -> JSON {
    .array(messages.map { .object(["type": .number(UInt64($0.kind.rawValue)), "content": .hex($0.content)]) })
  }

  @Test func frames() throws {
    var generated = try FrameVectors.valid.map { name, stream -> JSONObject in
      [
        "name": .string(name), "allowsCompression": .bool(true), "hex": .hex(stream), "valid": .bool(true),
        "messages": meaning(try FrameReader.messages(of: stream)),
      ]
    }
    generated += FrameVectors.malformed.map { malformed in
      [
        "name": .string(malformed.name), "allowsCompression": .bool(malformed.allowsCompression), "hex": .hex(malformed.stream),
        "valid": .bool(false),
      ]
    }
    let reasons = Dictionary(uniqueKeysWithValues: FrameVectors.malformed.map { ($0.name, $0.reason) })
    for vector in try vectors("frames.json", generated) {
      let (name, stream, allowsCompression) = (vector.string("name"), vector.bytes("hex"), vector["allowsCompression"] == .bool(true))
      guard vector.isValid else {
        expectRefusal(name, reasons[name] ?? nil) { _ = try FrameReader.messages(of: stream, allowsCompression: allowsCompression) }
        #expect(throws: (any Error).self, "\(name), byte by byte") {
          _ = try FrameReader.messages(of: stream, allowsCompression: allowsCompression, portionByteCount: 1)
        }
        continue
      }
      for portionByteCount in [1, .max] {
        let messages = try FrameReader.messages(of: stream, portionByteCount: portionByteCount)
        #expect(meaning(messages) == vector["messages"], "\(name)")
      }
    }
  }
}
