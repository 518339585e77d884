// What is known of entities that others refer to: what a transaction looks up most often, and what the next one asks for again.

import DictaModels
import Synchronization

/// What was written or referred to lately. A transaction may write millions of entities, so not all are kept.
struct LatestTargets: Sendable {
  struct Target: Sendable {
    let number: Int64
    let life: EntityRow.Life
  }

  /// What was asked for since the others grew old.
  private var young: [Reference: Target] = [:]
  private var old: [Reference: Target] = [:]

  /// So many fill a table of 32,768 places.
  private static let countLimit = 24_576

  /// What many refer to is always asked for again before it is forgotten.
  subscript(entity: Reference) -> Target? {
    mutating get {
      if let target = young[entity] { return target }
      guard let target = old[entity] else { return nil }
      self[entity] = target
      return target
    }
    set {
      if young.count >= Self.countLimit { (old, young) = (young, [:]) }
      young[entity] = newValue
    }
  }
}

/// Where one transaction leaves them for the next. Only one takes them: two that held the same would have to copy them.
final class TargetShelf: Sendable {
  private let targets: Mutex<LatestTargets>

  init(_ targets: LatestTargets = LatestTargets()) {
    self.targets = Mutex(targets)
  }

  func take() -> LatestTargets {
    targets.withLock { targets in
      defer { targets = LatestTargets() }
      return targets
    }
  }
}
