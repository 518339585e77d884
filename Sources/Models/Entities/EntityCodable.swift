// Entities are `Codable` through the one JSON shape that documents have; unknown fields come back as they went.

extension Entity {
  public init(from decoder: any Decoder) throws {
    let json = try JSON(from: decoder)
    func corrupted(_ message: String) -> DecodingError {
      DecodingError.dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath, debugDescription: message))
    }
    guard case .object(let object) = json else { throw corrupted("a \(Self.type) is an object") }
    // Offsets can't be checked without the texts; whoever stores the entity does that.
    var reader = EntityJSONReader(keepsUnknown: true, text: nil)
    let (draft, problems) = try reader.read(object, as: Self.type)
    if let problem = problems.first { throw corrupted("\(problem.field): \(problem.message)") }
    guard let spelled = draft.spelledID, let id = ID(spelled) else { throw corrupted("id: a UUID is needed here") }
    let texts = Dictionary(draft.texts.map { ($0.hash, $0) }) { first, _ in first }
    do {
      try self.init(id: id, fields: draft.fields) { texts[$0] }
    } catch {
      throw corrupted("\(error)")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    let texts = Dictionary(self.texts.map { ($0.hash, $0) }) { first, _ in first }
    let object = try EntityJSONWriter(text: { texts[$0] }).json(self)
    try JSON.object(object).encode(to: encoder)
  }
}
