import DictaModels
import DictaStorage
import Foundation
import Testing

@testable import DictaSync

/// Which message may stand where in a bundle, whatever the log says.
@Suite struct BundleReaderTests {
  private static let corpus = CorpusID(raw: .zero)

  private static func hello(_ change: (inout Hello) -> Void = { _ in }) -> Message {
    var hello = Hello(
      corpus: corpus, mayAdopt: false, heads: HeadsHash(of: []), nonce: .zero, takesCompression: false, remembered: [])
    change(&hello)
    return .hello(hello)
  }

  private static let heads = Message.heads(PeerHeads(names: []))

  /// Reads all of it, a byte at a time.
  private func read(_ messages: [Message], behind: [UInt8] = []) throws {
    var reader = BundleReader()
    for byte in Frame.preface + messages.flatMap(FrameWriter().frames) + behind {
      reader.append([byte])
      while try reader.next() != nil {}
    }
    try reader.finish()
  }

  @Test func helloHeadsAndEndAreABundle() throws {
    try read([Self.hello(), Self.heads, .end])
    try read([Self.hello { ($0.oldestVersion, $0.newestVersion) = (1, 9) }, Self.heads, .end])
  }

  @Test func everyOtherOrderIsRefused() {
    func refuses(_ messages: [Message], with error: BundleError, behind: [UInt8] = [], sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(throws: error, sourceLocation: sourceLocation) { try read(messages, behind: behind) }
    }
    let ack = Message.ack(Acknowledgment(changes: 0, texts: 0, heads: HeadsHash(of: [])))
    refuses([Self.heads], with: .unexpected(.heads, message: 1))
    refuses([.end], with: .unexpected(.end, message: 1))
    refuses([Self.hello(), Self.hello()], with: .unexpected(.hello, message: 2))
    refuses([Self.hello(), .end], with: .unexpected(.end, message: 2))
    refuses([Self.hello(), Self.heads, Self.heads], with: .unexpected(.heads, message: 3))
    refuses([Self.hello(), Self.heads, ack], with: .unexpected(.ack, message: 3))
    refuses([Self.hello(), Self.heads, .refusal(Refusal(code: .unable, message: ""))], with: .unexpected(.refusal, message: 3))
    refuses([Self.hello { $0.mayAdopt = true }], with: .sessionOnly("a wish to adopt", message: 1))
    refuses([Self.hello { $0.remembered = [HeadsHash(of: [])] }], with: .sessionOnly("what it remembers", message: 1))
    refuses([Self.hello(), .heads(PeerHeads(base: HeadsHash(of: []), names: []))], with: .sessionOnly("a base", message: 2))
    refuses([Self.hello { ($0.oldestVersion, $0.newestVersion) = (2, 3) }], with: .noCommonVersion(theirs: 2))
    let count = Frame.preface.count + [Self.hello(), Self.heads, .end].flatMap(FrameWriter().frames).count
    refuses([Self.hello(), Self.heads, .end], with: .goesOn(byteCount: count + 1), behind: [0])
    refuses([Self.hello(), Self.heads], with: .cutOff(byteCount: count - 9))
  }
}

/// Bundles between real archives.
@Suite struct BundleTests {
  private func bundle(of log: some ChangeLog, since heads: [HeadName] = [], isCompressed: Bool = true) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    let contents = try await log.writeBundle(since: heads, isCompressed: isCompressed) { bytes += $0 }
    #expect(contents.bytes == bytes.count)
    return bytes
  }

  private func take(_ bytes: [UInt8], into log: some ChangeLog, portion: Int = 1000) async throws -> BundleReceipt {
    var rest = bytes[...]
    return try await log.readBundle("a bundle") {
      defer { rest = rest.dropFirst(portion) }
      return rest.isEmpty ? nil : Array(rest.prefix(portion))
    }
  }

  @Test func allPortionsAndBothFormsGiveTheSame() async throws {
    try await withFolder { folder in
      let writer = try Archive(creatingAt: folder + "/writer.dicta")
      for number in 0..<20 { try await writer.write { try $0.insert(Claim(id: $0.newID(), text: "Claim \(number)")) } }
      for (index, isCompressed) in [true, false].enumerated() {
        let reader = try Archive(creatingAt: folder + "/reader\(index).dicta")
        let receipt = try await take(try await bundle(of: writer, isCompressed: isCompressed), into: reader, portion: index + 1)
        #expect(receipt.applied == 20 && receipt.known == 0 && receipt.missing == 0 && receipt.needs == [])
        #expect(try await reader.open(for: []).heads == writer.open(for: []).heads)
        let outline = try await BundleOutline(from: try await bundle(of: reader).asSource)
        #expect(try await outline.heads == writer.heads(sinceAnyOf: []).names)
      }
    }
  }

  /// A text travels with the first change that names it. Whoever lacks that change lacks the text for the next one too.
  @Test func aTextThatCameEarlierIsMissingLikeACause() async throws {
    try await withFolder { folder in
      let writer = try Archive(creatingAt: folder + "/writer.dicta")
      let other = try Archive(creatingAt: folder + "/other.dicta", corpus: try await writer.open(for: []).corpus)
      let reader = try Archive(creatingAt: folder + "/reader.dicta", corpus: try await writer.open(for: []).corpus)
      let text = try ArticleText("The dam holds.")
      try await writer.write { try $0.insert(Article(outlet: "One", text: text)) }
      _ = try await writer.open(for: [])
      let heads = try await writer.heads(sinceAnyOf: []).names
      try await other.write { try $0.insert(Article(outlet: "Two", text: text)) }
      try await writer.sync(with: other)
      let receipt = try await take(try await bundle(of: writer, since: heads), into: reader)
      #expect(receipt.applied == 0 && receipt.missing == 1 && receipt.needs == [])
      #expect(try await take(try await bundle(of: writer), into: reader).applied == 2)
    }
  }

  /// Nobody can be asked whether the reader is ahead, or where a forked origin's branches part: heads stand for rungs, so that nothing is held
  /// back.
  @Test func headsThatAreNotHeldHoldNothingBack() async throws {
    let suspect = HeadName(origin: Origin(raw: Bytes16(high: 1, low: 1)), sequence: 7, prefix: .zero)
    let ahead = HeadName(origin: Origin(raw: Bytes16(high: 2, low: 2)), sequence: 7, prefix: .zero)
    let log = ListeningLog(suspects: [suspect.origin])
    _ = try await bundle(of: log, since: [ahead, suspect, ahead])
    #expect(log.asked.withLock { $0 } == [PeerHeads(names: [suspect, ahead]), PeerHeads(names: [suspect, ahead])])
  }
}

extension [UInt8] {
  fileprivate var asSource: () async throws -> [UInt8]? {
    var rest: [UInt8]? = self
    return {
      defer { rest = nil }
      return rest
    }
  }
}

private func withFolder(_ body: (String) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dicta-bundle-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try await body(folder)
}
