#if HTTP

import DictaModels
import DictaTestSupport
import Foundation

/// The first sync of a large corpus: from file to file, to a hub, and from there.
///
/// Each runs in processes of its own, which are told apart by what the system counts of each.
struct FirstSync {
  private let bench: Bench
  private let articleCount: Int
  private let seed: Int

  init(_ options: Options, at bench: Bench) throws {
    self.bench = bench
    articleCount = max(1, try options.number("articles", or: 10_000))
    seed = try options.number("seed", or: 1)
  }

  func run() async throws {
    guard let program = Bundle.main.executablePath else { throw Bench.Silent(what: "its path") }
    let corpus = bench.folder + "/corpus.dicta"
    var figures = Figures()
    let begin = ContinuousClock.now
    let (_, made) = try await ChildProcess.run(program, ["corpus", corpus, "articles=\(articleCount)", "seed=\(seed)"])
    let status = try await bench.run("status", "--archive", corpus)
    guard let id = status.string("corpus").flatMap({ CorpusID($0) }), let digest = status.string("digest"), case .object(let object) = status,
      case .object(let counts)? = object["counts"]
    else { throw Bench.Silent(what: "a status") }
    figures.add("seed", "seed", seed)
    figures.add("entities", "entities", counts.keys.map { JSON.object(counts).number($0) ?? 0 }.reduce(0, +))
    figures.add("writingMilliseconds", "writing them takes, ms", (ContinuousClock.now - begin).milliseconds)
    figures.add("writingCPUMilliseconds", "CPU, ms", made.cpu.milliseconds)
    figures.add("fileKilobytes", "the archive's file, kB", Self.size(of: corpus) / 1024)

    let file = try await sync(bench.folder + "/local.dicta", with: corpus)
    report(file, "local", "from file to file", &figures)

    let token = try await bench.token(for: id)
    var random = SeededRandom(seed: UInt64(seed))
    let hub = try await LoadedHub.start(bench, &random)
    do {
      let address = "\(hub.url)/\(id)"
      let push = try await sync(corpus, with: address, hub, token)
      report(push, "push", "to the hub", &figures)
      // So that the peak of memory is of what follows.
      guard await hub.stop() else { throw BrokenPromise("the hub didn't end in order") }
      try await hub.restart()
      let pull = try await sync(bench.folder + "/fresh.dicta", with: address, hub, token)
      report(pull, "pull", "from the hub", &figures)
      let again = try await sync(bench.folder + "/fresh.dicta", with: address, hub, token)
      report(again, "again", "once more, with nothing to do", &figures)
    } catch {
      await hub.stop()
      throw error
    }
    guard await hub.stop() else { throw BrokenPromise("the hub didn't end in order") }
    for path in [bench.folder + "/local.dicta", bench.folder + "/fresh.dicta", bench.hubFolder + "/\(id).dicta"] {
      guard try await bench.run("status", "--archive", path).string("digest") == digest else { throw BrokenPromise("\(path) isn't equal") }
    }
    figures.say()
  }

  /// What one sync took.
  private struct Cost {
    let time: Duration
    let client: ChildProcess.End
    let report: JSON
    var hubCPU: Duration?
    var hubPeakKilobytes = 0
  }

  private func sync(_ archive: String, with peer: String, _ hub: LoadedHub? = nil, _ token: String? = nil) async throws -> Cost {
    let before = hub?.cpu
    let begin = ContinuousClock.now
    let (output, end) = try await ChildProcess.run(
      bench.program, ["sync", peer, "--archive", archive, "--json"], environment: token.map { ["DICTA_TOKEN": $0] } ?? [:])
    let time = ContinuousClock.now - begin
    let report = try JSONReader.parse(Array(output.utf8))
    guard case .object(let object) = report, case .bool(true)? = object["equal"] else { throw BrokenPromise("a sync with \(peer) ended unequal") }
    var cost = Cost(time: time, client: end, report: report)
    if let hub, let before {
      cost.hubCPU = hub.cpu - before
      cost.hubPeakKilobytes = hub.figures.peakResidentKilobytes
    }
    return cost
  }

  private func report(_ cost: Cost, _ name: String, _ words: String, _ figures: inout Figures) {
    figures.add(name + "Milliseconds", "\(words): time, ms", cost.time.milliseconds)
    figures.add(name + "ClientCPUMilliseconds", cost.hubCPU == nil ? "  CPU, ms" : "  CPU of the client, ms", cost.client.cpu.milliseconds)
    if let cpu = cost.hubCPU { figures.add(name + "HubCPUMilliseconds", "  CPU of the hub, ms", cpu.milliseconds) }
    figures.add(name + "BytesSent", "  bytes sent", cost.report.number("bytesSent") ?? 0)
    figures.add(name + "BytesReceived", "  bytes received", cost.report.number("bytesReceived") ?? 0)
    figures.add(name + "ClientPeakKilobytes", "  peak memory of the client, kB", cost.client.peakKilobytes)
    if cost.hubCPU != nil { figures.add(name + "HubPeakKilobytes", "  peak memory of the hub, kB", cost.hubPeakKilobytes) }
  }

  private static func size(of path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }
}

#endif
