import DictaModels

/// Which message it is: the type's number in a frame, and what holds for all messages of that type.
public enum MessageKind: UInt8, Hashable, Sendable, CaseIterable {
  case hello = 1
  case heads = 2
  case rungs = 3
  case changes = 4
  case end = 5
  case ack = 6
  case refusal = 7
  case snapshot = 8
  case chunk = 9

  /// The most bytes that the content of such a message takes. The short ones are known to be short, so nobody is made to wait for a long one.
  public var contentByteLimit: Int {
    switch self {
    case .hello: 1 << 16
    case .end: 0
    case .ack: 128
    case .refusal: 8192
    case .heads, .rungs, .changes, .snapshot: Message.byteLimit
    case .chunk: SnapshotManifest.chunkByteCount + 16
    }
  }

  /// Whether its content may travel compressed.
  public var isCompressible: Bool {
    switch self {
    case .heads, .rungs, .changes, .snapshot, .chunk: true
    case .hello, .end, .ack, .refusal: false
    }
  }
}

extension MessageKind: CustomStringConvertible {
  /// As the protocol's page spells it.
  public var description: String {
    switch self {
    case .hello: "HELLO"
    case .heads: "HEADS"
    case .rungs: "RUNGS"
    case .changes: "CHANGES"
    case .end: "END"
    case .ack: "ACK"
    case .refusal: "REFUSAL"
    case .snapshot: "SNAPSHOT"
    case .chunk: "CHUNK"
    }
  }
}
