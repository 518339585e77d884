import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport
import Foundation

/// A snapshot is taken again and again, each time with a fault at another call.
struct SnapshotCampaign {
  private let every: Int
  private let offset: Int
  private let faults: [Fault.Kind]
  private let ways: [String]
  private let parent: String

  init(_ options: [String: String]) {
    every = max(1, options["every"].flatMap { Int($0) } ?? 1)
    offset = options["offset"].flatMap { Int($0) } ?? 0
    faults = options["faults"].map { $0.split(separator: ",").compactMap { Fault.Kind(rawValue: String($0)) } } ?? Fault.Kind.allCases
    ways = (options["by"] ?? "messages,files").split(separator: ",").map(String.init)
    parent = options["in"] ?? FileManager.default.temporaryDirectory.path
  }

  /// - Returns: whether every promise was kept.
  func run() async -> Bool {
    let folder = parent + "/dicta-crash-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let source = folder + "/source.dicta"
      let corpus = try await prepare(source, folder)
      var (callCounts, trialCount, brokenCount) = ([String](), 0, 0)
      for way in ways {
        guard let callCount = try await reference(source, corpus, folder, way) else { return false }
        callCounts.append("\(callCount)")
        for kind in faults {
          for number in stride(from: 1 + offset % every, through: callCount, by: every) {
            let fault = Fault(kind, at: number, count: kind == .full ? 60 : 1)
            trialCount += 1
            do {
              try await examine(fault, source, corpus, "\(folder)/\(trialCount).dicta", way)
            } catch {
              brokenCount += 1
              print("\(way) fault=\(fault): \(error)")
            }
          }
        }
      }
      print("\(callCounts.joined(separator: " and ")) calls, \(trialCount) trials, \(brokenCount) broken")
      return brokenCount == 0
    } catch {
      print("without a fault: \(error)")
      return false
    }
  }

  /// Makes the archive that is sent, and the snapshot of it.
  private func prepare(_ path: String, _ folder: String) async throws -> CorpusID {
    let source = try Archive(creatingAt: path, surroundings: .sendingSnapshots)
    var random = SeededRandom(seed: 1)
    for number in 0..<20 {
      let words = (0..<400).map { _ in String(random.next(), radix: 36) }.joined(separator: " ")
      try await source.write { try $0.insert(Article(url: "https://example.org/\(number)", text: try ArticleText(words))) }
    }
    let corpus = try await source.read { try $0.status().corpus }
    let first = try Archive(creatingAt: folder + "/first.dicta", corpus: corpus)
    guard try await Taking.syncInMessages(first, source).snapshotBytes > 0 else { throw Aftermath.Broken("no snapshot was sent") }
    try first.close()
    try source.close()
    return corpus
  }

  /// - Returns: how many calls there are without a fault.
  private func reference(_ source: String, _ corpus: CorpusID, _ folder: String, _ way: String) async throws -> Int? {
    let (_, said) = try take(source, try replica("\(folder)/reference-\(way).dicta", corpus), way, nil)
    guard said.hasPrefix("calls "), said.contains("by a snapshot"), let count = Int(said.split(separator: " ")[1]) else {
      print("without a fault: \(said)")
      return nil
    }
    return count
  }

  private func replica(_ path: String, _ corpus: CorpusID) throws -> String {
    try Archive(creatingAt: path, corpus: corpus).close()
    return path
  }

  private func examine(_ fault: Fault, _ source: String, _ corpus: CorpusID, _ path: String, _ way: String) async throws {
    let (child, said) = try take(source, try replica(path, corpus), way, fault)
    guard child.wasKilled == fault.kind.isDeadly, child.wasKilled || child.endedWell else { throw Aftermath.Broken(said) }
    let (source, target) = (try Archive(at: source, surroundings: .sendingSnapshots), try Archive(at: path))
    try await Taking.expectSound(target, source)
    guard try await target.sync(with: source).isEqual else { throw Aftermath.Broken("they aren't equal") }
    try await Taking.expectSound(target, source)
    try await target.write { try $0.insert(Claim(id: $0.newID(), text: "afterwards")) }
    guard try await target.check().allSatisfy(\.isHarmless) else { throw Aftermath.Broken("it can't be written to") }
    try target.close()
    try source.close()
    for suffix in ["-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
      throw Aftermath.Broken("its \(suffix) was left behind")
    }
  }

  private func take(_ source: String, _ target: String, _ way: String, _ fault: Fault?) throws -> (Child, String) {
    let (child, output) = try Child.speaking(["take", source, target, way] + (fault.map { ["fault=\($0)"] } ?? []))
    defer { close(output) }
    let said = try FileHandle(fileDescriptor: output).readToEnd() ?? Data()
    child.wait()
    return (child, String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
