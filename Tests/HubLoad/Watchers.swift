#if HTTP

import DictaModels
import DictaStorage
import DictaSyncHTTP
import DictaTestSupport
import Foundation

/// Many clients wait for news of a hub: what that takes while there are none, and how soon all have heard of one.
struct Watchers {
  private let bench: Bench
  private let count: Int
  private let seconds: Int

  /// A token may have 64 streams.
  private static let streamsOfToken = 60

  init(_ options: Options, at bench: Bench) throws {
    self.bench = bench
    count = max(1, try options.number("count", or: 1000))
    seconds = max(1, try options.number("seconds", or: 60))
  }

  func run() async throws {
    let archive = try Archive(creatingAt: bench.folder + "/writer.dicta", device: "writer")
    let corpus = try await archive.read { try $0.status().corpus }
    var tokens = [try await bench.token(for: corpus, role: "admin")]
    for _ in 0..<(count / Self.streamsOfToken + 1) { tokens.append(try await bench.token(for: corpus)) }
    var random = SystemRandomNumberGenerator()
    var chance = SeededRandom(seed: random.next())
    let hub = try await LoadedHub.start(bench, &chance)
    do {
      try await run(hub, archive, corpus, tokens)
    } catch {
      await hub.stop()
      throw error
    }
    try archive.close()
    guard await hub.stop() else { throw BrokenPromise("the hub didn't end in order: \(bench.folder)/hub.log says why") }
  }

  private func run(_ hub: LoadedHub, _ archive: Archive, _ corpus: CorpusID, _ tokens: [String]) async throws {
    let watch = HubWatch(hub, token: tokens[0])
    // What the hub needs once, it has now.
    try await archive.writeClaim("Before")
    try await watch.push(archive, corpus)
    let alone = hub.figures
    let (hearings, told) = AsyncStream<Hearing>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      let address = HubAddress(base: hub.url, corpus: corpus)
      var roll = Roll(hearings, size: count)
      let arrival = ContinuousClock.now
      for number in 0..<count {
        let token = tokens[1 + number / Self.streamsOfToken]
        group.addTask { try await Self.watch(address, token: token, as: number, telling: told) }
        // Not more at a time than a system lets wait at one port.
        if number % 50 == 49 { try await roll.wait(forAllUpTo: number + 1, toHear: try await archive.headsHash()) }
      }
      try await roll.wait(forAllUpTo: count, toHear: try await archive.headsHash())
      let arrived = ContinuousClock.now
      let (idle, idleCPU) = (hub.figures, hub.cpu)
      try await Task.sleep(for: .seconds(seconds))
      let (rested, restedCPU) = (hub.figures, hub.cpu)
      try await archive.writeClaim("News")
      let news = try await archive.headsHash()
      let begin = ContinuousClock.now
      try await watch.push(archive, corpus)
      let pushed = ContinuousClock.now
      let last = try await roll.wait(forAllUpTo: count, toHear: news)
      let toldCPU = hub.cpu
      group.cancelAll()
      while await group.nextResult() != nil {}
      let gone = ContinuousClock.now
      let settled = try await settle(hub, down: alone.descriptorCount + 8)
      var figures = Figures()
      figures.add("watchers", "watchers", count)
      figures.add("arrivalMilliseconds", "until all had come, ms", (arrived - arrival).milliseconds)
      figures.add("aloneKilobytes", "memory of the hub before, kB", alone.residentKilobytes)
      figures.add("watchedKilobytes", "with them, kB", idle.residentKilobytes)
      figures.add("bytesPerWatcher", "per watcher, bytes", (idle.residentKilobytes - alone.residentKilobytes) * 1024 / count)
      figures.add("restedKilobytes", "after \(seconds) idle seconds, kB", rested.residentKilobytes)
      figures.add("idleSeconds", "idle time, s", seconds)
      figures.add("idleCPUMilliseconds", "CPU of the hub in it, ms", (restedCPU - idleCPU).milliseconds)
      figures.add("heardMilliseconds", "from a client's sync until all had heard, ms", (last - begin).milliseconds)
      figures.add("heardAfterSyncMilliseconds", "after that sync was done, ms", max(.zero, last - pushed).milliseconds)
      figures.add("newsCPUMilliseconds", "CPU of the hub for it, ms", (toldCPU - restedCPU).milliseconds)
      figures.add("descriptors", "the hub's open files with them", idle.descriptorCount)
      figures.add("settledDescriptors", "when they have gone", settled.figures.descriptorCount)
      figures.add("settledMilliseconds", "until the hub had let go of them, ms", (settled.time - gone).milliseconds)
      figures.add("settledKilobytes", "memory then, kB", settled.figures.residentKilobytes)
      figures.say()
    }
  }

  private static func watch(_ address: HubAddress, token: String, as number: Int, telling: AsyncStream<Hearing>.Continuation) async throws {
    // One each, as in reality: a client's connections are shared by what is asked through it.
    let transport = try AsyncHTTPClientTransport()
    do {
      try await HubConnection(to: address, token: token, over: transport).watch { heads in
        telling.yield(Hearing(watcher: number, heads: heads, time: .now))
      }
      // A watcher that isn't told more waits in vain.
      throw BrokenPromise("the hub ended the stream of watcher \(number)")
    } catch {
      try? await transport.close()
      guard !Task.isCancelled else { return }
      throw error
    }
  }

  /// Waits until the hub has let go of those who went: it notices when it says something to them, every 30 seconds.
  private func settle(_ hub: LoadedHub, down descriptorCount: Int) async throws -> (time: ContinuousClock.Instant, figures: ProcessFigures) {
    let end = ContinuousClock.now + .seconds(90)
    while hub.figures.descriptorCount > descriptorCount {
      guard .now < end else { throw BrokenPromise("the hub still has \(hub.figures.descriptorCount) files open after all watchers went") }
      try await Task.sleep(for: .milliseconds(100))
    }
    return (.now, hub.figures)
  }
}

/// What a watcher heard.
struct Hearing: Sendable {
  let watcher: Int
  let heads: HeadsHash
  let time: ContinuousClock.Instant
}

/// Who has heard what last.
struct Roll {
  private var hearings: AsyncStream<Hearing>.Iterator
  private var last: [HeadsHash?]

  init(_ hearings: AsyncStream<Hearing>, size: Int) {
    self.hearings = hearings.makeAsyncIterator()
    last = Array(repeating: nil, count: size)
  }

  /// - Returns: when the last of them heard it.
  @discardableResult
  mutating func wait(forAllUpTo count: Int, toHear heads: HeadsHash) async throws -> ContinuousClock.Instant {
    var time = ContinuousClock.now
    while !last.prefix(count).allSatisfy({ $0 == heads }) {
      guard let hearing = await hearings.next() else { throw CancellationError() }
      last[hearing.watcher] = hearing.heads
      time = hearing.time
    }
    return time
  }
}

extension Archive {
  fileprivate func writeClaim(_ text: String) async throws {
    try await write { try $0.insert(Claim(id: $0.newID(), text: text)) }
  }

  fileprivate func headsHash() async throws -> HeadsHash {
    HeadsHash(of: try await read { try $0.status().heads })
  }
}

#endif
