import DictaModels

/// Why a bundle isn't taken. What was stored before that was sound, and stays.
public enum BundleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file is something else from its first byte on.
  case notABundle(MalformedBytes)
  /// Its bytes were altered, or its writer was wrong.
  case malformed(MalformedBytes)
  /// A message stands where it may not. Messages count from 1.
  case unexpected(MessageKind, message: Int)
  /// HELLO or HEADS says what only a session may say.
  case sessionOnly(String, message: Int)
  /// The file ends before its END.
  case cutOff(byteCount: Int)
  /// Something stands behind END.
  case goesOn(byteCount: Int)
  /// Written by a version whose messages this one can't read.
  case noCommonVersion(theirs: UInt64)
  case otherCorpus(ours: CorpusID, theirs: CorpusID)
  /// A change that isn't sound. Messages count from 1.
  case refused(RefusedDelivery, message: Int)

  public var description: String {
    switch self {
    case .notABundle(let error): "this is no bundle: \(error.reason)"
    case .malformed(let error): "the bundle is damaged \(error)"
    case .unexpected(let kind, let message): "the bundle is damaged in message \(message): \(kind) can't stand there"
    case .sessionOnly(let what, let message): "the bundle is damaged in message \(message): \(what) has no place in a file"
    case .cutOff(let byteCount): "the bundle is cut off after \(byteCount) bytes"
    case .goesOn(let byteCount): "the bundle is damaged: something stands behind its end at byte \(byteCount)"
    case .noCommonVersion(let theirs):
      "the bundle was written in version \(theirs) of the protocol, which this one doesn't read (it reads \(Hello.version))"
    case .otherCorpus(let ours, let theirs): "the bundle belongs to another corpus: \(theirs); this archive is of \(ours)"
    case .refused(let refusal, let message): "message \(message): \(refusal)"
    }
  }
}
