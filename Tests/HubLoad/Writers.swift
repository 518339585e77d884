#if HTTP

import DictaModels
import DictaStorage
import DictaTestSupport
import Foundation

/// Many clients write and sync against one hub, which is killed again and again. In the end everything is everywhere.
struct Writers {
  private let bench: Bench
  private let clientCount: Int
  private let seconds: Int
  private let killCount: Int
  private let pauseMilliseconds: Int
  private let seed: Int

  init(_ options: Options, at bench: Bench) throws {
    self.bench = bench
    clientCount = max(1, try options.number("clients", or: 50))
    seconds = max(1, try options.number("seconds", or: 120))
    killCount = try options.number("kills", or: 20)
    pauseMilliseconds = try options.number("pause", or: 0)
    seed = try options.number("seed", or: 1)
  }

  func run() async throws {
    var random = SeededRandom(seed: UInt64(seed))
    HubLoad.say("\(clientCount) clients, \(seconds) seconds, \(killCount) kills, seed \(seed)")
    let founder = try Archive(creatingAt: bench.folder + "/founder.dicta", device: "founder")
    let corpus = try await founder.read { try $0.status().corpus }
    let token = try await bench.token(for: corpus, role: "admin")
    let hub = try await LoadedHub.start(bench, &random)
    let kills = killTimes(&random)
    do {
      try await run(hub, kills, founder, corpus, token)
    } catch {
      await hub.stop()
      throw error
    }
    guard await hub.stop() else { throw BrokenPromise("the hub didn't end in order: \(bench.folder)/hub.log says why") }
  }

  private func run(_ hub: LoadedHub, _ kills: [Kill], _ founder: Archive, _ corpus: CorpusID, _ token: String) async throws {
    let shared = try await SharedEntities.write(to: founder)
    let watch = HubWatch(hub, token: token)
    try await watch.push(founder, corpus)
    try founder.close()
    var clients: [WritingClient] = []
    for number in 1...clientCount {
      let token = try await bench.token(for: corpus)
      clients.append(try WritingClient(number, in: bench.folder, with: hub, corpus, token: token, shared, seed: UInt64(seed)))
    }
    clients = try await Self.each(clients) { try await $0.sync() }
    for index in clients.indices { clients[index].forgetTally() }
    let before = Snapshot(hub, clients)
    let samples = try await load(&clients, hub, kills, watch)
    let after = Snapshot(hub, clients)

    // What the hub holds now it was told before it was killed once more.
    if killCount > 0 {
      await hub.kill()
      try await hub.restart()
    }
    let aftermath = Aftermath(ledgers: clients.map(\.ledger), corpus: corpus)
    try await aftermath.expectAcknowledged(on: hub, token: token, folder: bench.folder)
    var rounds = 0
    repeat {
      rounds += 1
      guard rounds <= 3 else { throw BrokenPromise("the clients aren't equal after three rounds") }
      clients = try await Self.each(clients) { try await $0.sync() }
    } while try await !aftermath.areEqual(clients.map(\.archive))
    let status = try await aftermath.expectEverything(in: clients.map(\.archive))
    let settled = try await watch.metrics()
    report(before, after, samples, clients, hub, status, settled, rounds)
    for client in clients { try await client.close() }
  }

  // MARK: The load

  /// When the hub is killed, counted from the beginning, and how long it stays away.
  private typealias Kill = (time: Duration, pause: Duration)

  private func killTimes(_ random: inout SeededRandom) -> [Kill] {
    let times = (0..<killCount).map { _ in Duration.milliseconds(Int(random.next() % UInt64(seconds * 950))) }
    return times.sorted().map { ($0, .milliseconds(Int(50 + random.next() % 950))) }
  }

  /// - Returns: how the hub was, a second each.
  private func load(_ clients: inout [WritingClient], _ hub: LoadedHub, _ kills: [Kill], _ watch: HubWatch) async throws -> [HubWatch.Sample] {
    let begin = ContinuousClock.now
    let (end, pause) = (begin + .seconds(seconds), pauseMilliseconds)
    async let killing: Void = Self.kill(hub, kills, since: begin)
    async let samples = watch.sample(until: end)
    clients = try await Self.each(clients) { try await $0.work(until: end, pauseMilliseconds: pause) }
    try await killing
    return await samples
  }

  private static func kill(_ hub: LoadedHub, _ kills: [Kill], since begin: ContinuousClock.Instant) async throws {
    for kill in kills {
      try await Task.sleep(until: begin + kill.time)
      await hub.kill()
      try await Task.sleep(for: kill.pause)
      try await hub.restart()
    }
  }

  /// Lets all clients do something at the same time.
  private static func each(
    _ clients: [WritingClient], _ body: @escaping @Sendable (inout WritingClient) async throws -> Void
  ) async throws -> [WritingClient] {
    try await withThrowingTaskGroup(of: WritingClient.self) { group in
      for client in clients {
        group.addTask {
          var client = client
          try await body(&client)
          return client
        }
      }
      var done: [WritingClient] = []
      for try await client in group { done.append(client) }
      return done.sorted { $0.number < $1.number }
    }
  }

  // MARK: Figures

  /// What was counted up to a moment.
  private struct Snapshot {
    let time = ContinuousClock.now
    let hubCPU: Duration
    let ownCPU: Duration
    var counts = CountingTransport.Counts()
    var changeCount = 0

    init(_ hub: LoadedHub, _ clients: [WritingClient]) {
      hubCPU = hub.cpu
      ownCPU = ProcessFigures(of: getpid()).cpu
      for client in clients {
        counts += client.counts
        changeCount += client.ledger.acknowledgedCount
      }
    }
  }

  private static func cpuPerSync(_ samples: ArraySlice<HubWatch.Sample>, _ syncs: Latencies) -> Int {
    guard let first = samples.first, let last = samples.last else { return 0 }
    return (last.cpu - first.cpu).microseconds / max(1, syncs.count(from: first.time, to: last.time))
  }

  private func report(
    _ before: Snapshot, _ after: Snapshot, _ samples: [HubWatch.Sample], _ clients: [WritingClient], _ hub: LoadedHub, _ status: ArchiveStatus,
    _ settled: HubWatch.Metrics, _ rounds: Int
  ) {
    var tally = WritingClient.Tally()
    for client in clients { tally += client.tally }
    let time = after.time - before.time
    let answers = after.counts.answers.merging(before.counts.answers) { $0 - $1 }
    let requests = answers.values.reduce(0, +)
    let changes = after.changeCount - before.changeCount
    let cpu = after.hubCPU - before.hubCPU
    func perSecond(_ count: Int) -> Int { Int(Double(count) * 1_000_000 / Double(max(1, time.microseconds))) }
    var figures = Figures()
    figures.add("seed", "seed", seed)
    figures.add("clients", "clients", clientCount)
    figures.add("kills", "kills of the hub", hub.killCount)
    figures.add("milliseconds", "time under load, ms", time.milliseconds)
    figures.add("changes", "changes written and acknowledged", changes)
    figures.add("received", "changes received by clients", tally.received)
    figures.add("changesPerSecond", "changes per second", perSecond(changes))
    figures.add("requests", "requests that were answered", requests)
    figures.add("requestsPerSecond", "requests per second", perSecond(requests))
    figures.add("syncs", "syncs that succeeded", tally.syncs.count)
    figures.add("syncsPerSecond", "syncs per second", perSecond(tally.syncs.count))
    figures.add("failedSyncs", "syncs that failed, and were begun again", tally.failures.values.reduce(0, +))
    figures.add("failures", "why", tally.failures.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
    figures.add(
      "refusals", "answers that were refusals",
      answers.filter { $0.key != 200 && $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
    figures.add("p50Microseconds", "a sync takes, p50, µs", tally.syncs.percentile(50).microseconds)
    figures.add("p99Microseconds", "p99, µs", tally.syncs.percentile(99).microseconds)
    figures.add("maximumMicroseconds", "at most, µs", tally.syncs.percentile(100).microseconds)
    figures.add("hubCPUMilliseconds", "CPU of the hub, ms", cpu.milliseconds)
    figures.add("hubCPUMicrosecondsPerChange", "per synced change, µs", cpu.microseconds / max(1, changes))
    figures.add("hubCPUMicrosecondsPerSync", "per sync, µs", cpu.microseconds / max(1, tally.syncs.count))
    // What a sync costs must not grow with what was synced before.
    figures.add("hubCPUMicrosecondsPerSyncEarly", "in the first quarter, µs", Self.cpuPerSync(samples.prefix(samples.count / 4), tally.syncs))
    figures.add("hubCPUMicrosecondsPerSyncLate", "in the last quarter, µs", Self.cpuPerSync(samples.suffix(samples.count / 4), tally.syncs))
    figures.add("hubCPUMicrosecondsPerRequest", "per request, µs", cpu.microseconds / max(1, requests))
    figures.add("clientCPUMilliseconds", "CPU of all clients, ms", (after.ownCPU - before.ownCPU).milliseconds)
    figures.add("bytesSent", "bytes of bodies, from clients", after.counts.bytesSent - before.counts.bytesSent)
    figures.add("bytesReceived", "bytes of bodies, to clients", after.counts.bytesReceived - before.counts.bytesReceived)
    figures.add("hubPeakKilobytes", "peak memory of the hub, kB", hub.peakKilobytes)
    figures.add(
      "hubKilobytesEarly", "memory after a tenth of the time, kB", samples.dropFirst(samples.count / 10).first?.process.residentKilobytes ?? 0)
    figures.add("hubKilobytesHalfway", "after half of it, kB", samples.dropFirst(samples.count / 2).first?.process.residentKilobytes ?? 0)
    figures.add("hubKilobytesLate", "at its end, kB", samples.last?.process.residentKilobytes ?? 0)
    figures.add("hubDescriptors", "the hub's open files, at most", samples.map(\.process.descriptorCount).max() ?? 0)
    figures.add("settledDescriptors", "when all is done", settled.descriptorCount)
    figures.add("settledSessions", "sessions then", settled.sessions)
    figures.add("settledArchives", "archives open then", settled.archives)
    figures.add("conflicts", "conflicts", status.conflicts)
    figures.add("rounds", "rounds until all were equal", rounds)
    figures.say()
  }
}

#endif
