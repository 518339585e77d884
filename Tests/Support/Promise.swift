/// What DESIGN promises of every replica, in every history.
public enum Promise: String, CaseIterable, Sendable {
  case convergence
  case noAcknowledgedEditLost = "no acknowledged edit lost"
  case atomic
  case causal
  case noDanglingReference = "no dangling reference"
  case idempotent
  case unknownDataPreserved = "unknown data preserved"
  case copiesNoticed = "copies noticed"
  case tamperEvident = "tamper evident"
  /// What an archive is asked to write is what it writes, and what it refuses leaves no trace.
  case writtenAsAsked = "written as asked"
  /// Honest replicas that were never copied, restored or wrong see no fork and take no new origin.
  case noFalseAlarm = "no false alarm"
}

/// A promise that a history broke.
public struct Finding: Error, Hashable, Sendable, CustomStringConvertible {
  public let promise: Promise
  public let what: String
  public let seed: UInt64
  public let trace: [String]

  public init(promise: Promise, what: String, seed: UInt64, trace: [String]) {
    (self.promise, self.what, self.seed, self.trace) = (promise, what, seed, trace)
  }

  public var description: String {
    "seed \(seed) breaks “\(promise.rawValue)”: \(what)\n  " + trace.joined(separator: "\n  ")
  }
}
