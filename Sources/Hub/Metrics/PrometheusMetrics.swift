#if Hub

import CoreMetrics
import Synchronization

/// Where swift-metrics' numbers go when a program asks for Prometheus' text: kept here until somebody reads them.
public final class PrometheusMetrics: MetricsFactory {
  private struct Name: Hashable, Comparable {
    let label: String
    let dimensions: String

    static func < (left: Name, right: Name) -> Bool { (left.label, left.dimensions) < (right.label, right.dimensions) }
  }

  private let metrics = Mutex<[Name: PrometheusMetric]>([:])

  public init() {}

  /// All of them, in Prometheus' text format, sorted by name.
  public var text: String {
    let all = metrics.withLock { $0.sorted { $0.key < $1.key } }
    var text = ""
    var last: String?
    for (name, metric) in all {
      if last != name.label { text += "# TYPE \(name.label) \(metric.kind.rawValue)\n" }
      last = name.label
      text += metric.lines(name.label, name.dimensions)
    }
    return text
  }

  private func metric(_ kind: PrometheusMetric.Kind, _ label: String, _ dimensions: [(String, String)]) -> PrometheusMetric {
    let name = Name(label: label, dimensions: dimensions.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ","))
    return metrics.withLock { metrics in
      if let metric = metrics[name] { return metric }
      let metric = PrometheusMetric(kind)
      metrics[name] = metric
      return metric
    }
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\", "\"": escaped += "\\\(character)"
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  // MARK: MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { metric(.counter, label, dimensions) }
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { metric(.gauge, label, dimensions) }
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { metric(.histogram, label, dimensions) }
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    metric(aggregate ? .histogram : .gauge, label, dimensions)
  }

  // A name that is used again goes on from where it was.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
}

/// One number, or the distribution of one.
private final class PrometheusMetric: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  enum Kind: String {
    case counter, gauge, histogram
  }

  /// The upper ends of the buckets of a histogram, in seconds.
  private static let bucketEnds = [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10]

  private struct State {
    var value = 0.0
    var count = 0
    var buckets = PrometheusMetric.bucketEnds.map { _ in 0 }
  }

  let kind: Kind
  private let state = Mutex(State())

  init(_ kind: Kind) {
    self.kind = kind
  }

  func lines(_ label: String, _ dimensions: String) -> String {
    let state = state.withLock { $0 }
    let suffix = dimensions.isEmpty ? "" : "{\(dimensions)}"
    guard kind == .histogram else { return "\(label)\(suffix) \(Self.number(state.value))\n" }
    let comma = dimensions.isEmpty ? "" : ","
    var lines = ""
    for (end, count) in zip(Self.bucketEnds, state.buckets) { lines += "\(label)_bucket{\(dimensions)\(comma)le=\"\(end)\"} \(count)\n" }
    lines += "\(label)_bucket{\(dimensions)\(comma)le=\"+Inf\"} \(state.count)\n"
    return lines + "\(label)_sum\(suffix) \(state.value)\n\(label)_count\(suffix) \(state.count)\n"
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  func increment(by amount: Int64) { state.withLock { $0.value += Double(amount) } }
  func reset() { state.withLock { $0.value = 0 } }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0.value = value } }
  func increment(by amount: Double) { state.withLock { $0.value += amount } }
  func decrement(by amount: Double) { state.withLock { $0.value -= amount } }

  func record(_ value: Int64) { record(Double(value)) }
  func record(_ value: Double) {
    guard kind == .histogram else { return set(value) }
    state.withLock { state in
      state.count += 1
      state.value += value
      for (index, end) in Self.bucketEnds.enumerated() where value <= end { state.buckets[index] += 1 }
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) * 1e-9) }
}

#endif
