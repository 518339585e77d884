#if HTTP

import DictaModels
import DictaStorage
import DictaSyncHTTP
import Foundation

/// Looks at a hub from outside, with an admin's token.
struct HubWatch: Sendable {
  private let hub: LoadedHub
  private let token: String

  init(_ hub: LoadedHub, token: String) {
    (self.hub, self.token) = (hub, token)
  }

  /// Brings the hub what an archive holds.
  func push(_ archive: Archive, _ corpus: CorpusID) async throws {
    let transport = try AsyncHTTPClientTransport()
    _ = try await HubConnection(to: HubAddress(base: hub.url, corpus: corpus), token: token, over: transport).sync(archive)
    try await transport.close()
  }

  /// How the hub was at a moment.
  struct Sample: Sendable {
    let time = ContinuousClock.now
    /// Of all its processes.
    let cpu: Duration
    let process: ProcessFigures
  }

  /// How the hub is, a second each, until a moment.
  func sample(until end: ContinuousClock.Instant) async -> [Sample] {
    var samples: [Sample] = []
    while .now < end, !Task.isCancelled {
      let sample = Sample(cpu: hub.cpu, process: hub.figures)
      // While it is away there is nothing to see.
      if sample.process.residentKilobytes > 0 { samples.append(sample) }
      try? await Task.sleep(for: .seconds(1))
    }
    return samples
  }

  /// What the hub holds on to.
  struct Metrics: Sendable {
    let sessions: Int
    let archives: Int
    let descriptorCount: Int
  }

  func metrics() async throws -> Metrics {
    let transport = try AsyncHTTPClientTransport(stallLimit: .seconds(60))
    var request = HTTPTransportRequest(method: .get, url: hub.url + "/metrics")
    request.headers = [("Authorization", "Bearer \(token)")]
    let response = try await transport.send(request)
    var bytes: [UInt8] = []
    while let portion = try await response.next() { bytes += portion }
    try await transport.close()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    func number(_ name: String) -> Int {
      lines.first { $0.hasPrefix(name + " ") }.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }
    return Metrics(
      sessions: number("dicta_hub_sessions"), archives: number("dicta_hub_archives_open"), descriptorCount: hub.figures.descriptorCount)
  }
}

#endif
