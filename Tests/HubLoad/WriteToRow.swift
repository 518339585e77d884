#if HTTP

import DictaModels
import DictaStorage
import DictaSyncHTTP
import DictaTestSupport
import Foundation

/// How long it takes from a write in one archive to its row in another, where both are kept equal with a hub.
struct WriteToRow {
  private let bench: Bench
  private let count: Int

  init(_ options: Options, at bench: Bench) throws {
    self.bench = bench
    count = max(1, try options.number("count", or: 200))
  }

  func run() async throws {
    let here = try Archive(creatingAt: bench.folder + "/here.dicta", device: "here")
    let corpus = try await here.read { try $0.status().corpus }
    let there = try Archive(creatingAt: bench.folder + "/there.dicta", corpus: corpus, device: "there")
    let token = try await bench.token(for: corpus)
    var random = SeededRandom(seed: 1)
    let hub = try await LoadedHub.start(bench, &random)
    let transport = try AsyncHTTPClientTransport()
    let connection = HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: token, over: transport)
    var latencies = Latencies()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for archive in [here, there] {
        group.addTask { try await connection.keepEqual(archive, writes: try archive.writes()) { _ in } }
      }
      var rows = there.observe { try $0.list(Claim.self).count }.makeAsyncIterator()
      for number in 1...count {
        let begin = ContinuousClock.now
        try await here.write { try $0.insert(Claim(id: $0.newID(), text: "Claim \(number)")) }
        while let seen = try await rows.next(), seen < number {}
        // The first one waits for the connections too.
        if number > 1 { latencies.add(since: begin) }
        try await Task.sleep(for: .milliseconds(Int(random.next() % 50)))
      }
      group.cancelAll()
    }
    try await transport.close()
    try here.close()
    try there.close()
    await hub.stop()
    var figures = Figures()
    for percent in [50, 90, 99, 100] {
      figures.add("p\(percent)_microseconds", "from a write to its row there, \(percent) % within, µs", latencies.percentile(percent).microseconds)
    }
    figures.say()
  }
}

#endif
