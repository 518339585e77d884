/// What DESIGN promises of every replica, in every history.
public enum Promise: String, CaseIterable, Sendable {
  case convergence
  case noAcknowledgedEditLost = "no acknowledged edit lost"
  case atomic
  case causal
  case noDanglingReference = "no dangling reference"
  case idempotent
  case unknownDataPreserved = "unknown data preserved"
  /// Honest replicas that were never copied, restored or wrong see no fork and take no new origin.
  case noFalseAlarm = "no false alarm"
}

/// A promise that a history broke.
public struct Finding: Error, Hashable, Sendable, CustomStringConvertible {
  public let promise: Promise
  public let what: String
  public let seed: UInt64
  public let trace: [String]

  public var description: String {
    "seed \(seed) breaks “\(promise.rawValue)”: \(what)\n  " + trace.joined(separator: "\n  ")
  }
}
