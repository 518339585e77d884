#if Hub

import Metrics

/// What a hub counts: with swift-metrics, so it goes wherever the program sends its metrics. `Documentation/Hub.md`, section 7.
struct HubMetrics: Sendable {
  let changesReceived = Counter(label: "dicta_hub_changes_received_total")
  let changesSent = Counter(label: "dicta_hub_changes_sent_total")
  let bytesReceived = Counter(label: "dicta_hub_bytes_received_total")
  let bytesSent = Counter(label: "dicta_hub_bytes_sent_total")
  let sessions = Meter(label: "dicta_hub_sessions")
  let watchers = Meter(label: "dicta_hub_watchers")
  let openArchives = Meter(label: "dicta_hub_archives_open")

  func answered(_ route: String, status: Int, in time: Duration) {
    Counter(label: "dicta_hub_requests_total", dimensions: [("route", route), ("status", "\(status)")]).increment()
    Timer(label: "dicta_hub_request_seconds", dimensions: [("route", route)])
      .recordNanoseconds(time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000)
  }
}

#endif
