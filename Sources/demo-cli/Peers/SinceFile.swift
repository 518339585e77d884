import DictaModels
import DictaSync
import Foundation

/// What a reader of a bundle will hold: told by an earlier bundle, or by what `status --json` printed.
struct SinceFile {
  let name: String

  /// More than any archive's heads take.
  private static let byteLimit = 16 << 20

  /// - Parameter corpus: heads of another one tell nothing.
  /// - Throws: ``CommandFailure``.
  func heads(of corpus: CorpusID) async throws -> [HeadName] {
    let file = BundleFile(name: name)
    guard try file.isBundle else { return try headsOfStatus(corpus, bytes: try await all(of: file)) }
    do {
      let outline = try await BundleOutline(from: file.source())
      try check(outline.corpus, corpus)
      return outline.heads
    } catch let error as BundleError {
      throw CommandFailure(.badData, error.description, place: name)
    }
  }

  private func check(_ theirs: CorpusID, _ ours: CorpusID) throws {
    guard theirs == ours else {
      throw CommandFailure(.badData, "\(name) is of another corpus: \(theirs); this archive is of \(ours)", hint: "name a file of the same corpus")
    }
  }

  private func all(of file: BundleFile) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    let source = try file.source()
    while bytes.count <= Self.byteLimit, let portion = try await source() { bytes += portion }
    return bytes
  }

  private func headsOfStatus(_ corpus: CorpusID, bytes: [UInt8]) throws -> [HeadName] {
    func failure(_ what: String) -> CommandFailure {
      CommandFailure(.badData, "\(name) tells no heads: \(what)", hint: "name a bundle, or a file with what `demo-cli status --json` prints")
    }
    let json: JSON
    do {
      json = try JSONReader.parse(bytes)
    } catch {
      throw failure("\(error)")
    }
    var list = json
    if case .object(let object) = json {
      if case .string(let spelling)? = object["corpus"], let theirs = CorpusID(spelling) { try check(theirs, corpus) }
      guard let heads = object["heads"] else { throw failure("it has no “heads”") }
      list = heads
    }
    guard case .array(let elements) = list else { throw failure("its heads are \(list.kindDescription), not an array") }
    return try elements.enumerated().map { index, element in
      guard let head = HeadName(element) else { throw failure("heads[\(index)] is not {origin, sequence, id}") }
      return head
    }
  }
}

extension HeadName {
  /// As `status --json` spells a head.
  fileprivate init?(_ json: JSON) {
    guard case .object(let object) = json, case .string(let origin)? = object["origin"], case .integer(let sequence)? = object["sequence"],
      case .string(let id)? = object["id"], let origin = Hex.bytes(origin).flatMap(Origin.init(bytes:)), sequence > 0,
      let id = Hex.bytes(id).flatMap(ChangeID.init(bytes:))
    else { return nil }
    self.init(Head(origin: origin, sequence: UInt64(sequence), id: id))
  }
}
