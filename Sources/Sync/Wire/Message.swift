import DictaModels

/// What two replicas say to each other in a session, or one says in a bundle.
public enum Message: Hashable, Sendable {
  case hello(Hello)
  case heads(PeerHeads)
  /// Places on chains of suspected origins, ascending, at least one.
  case rungs([HeadName])
  case changes(Delivery)
  /// All that the peer lacks was sent.
  case end
  case ack(Acknowledgment)
  case refusal(Refusal)
  /// A copy of all that the sender holds follows, in chunks.
  case snapshot(SnapshotManifest)
  case chunk(SnapshotChunk)

  /// The most bytes that a message's content takes, inflated or not.
  public static let byteLimit = 20 << 20
}

/// What a replica is, and the hash of its heads.
public struct Hello: Hashable, Sendable {
  public var oldestVersion: UInt64
  public var newestVersion: UInt64
  public var corpus: CorpusID

  /// Whether it holds no change and would become a replica of the peer's corpus.
  public var mayAdopt: Bool

  /// Of the heads that it may tell.
  public var heads: HeadsHash

  /// Random, for this session: whoever hears its own speaks to an echo.
  public var nonce: Bytes16

  /// Whether messages to it may be compressed.
  public var takesCompression: Bool

  /// Hashes of heads that it and some peer held both, latest first, at most ``rememberedLimit``.
  public var remembered: [HeadsHash]

  /// Which snapshot it would take instead of the log; nil if none.
  public var snapshotWish: SnapshotWish?

  public static let version: UInt64 = 1
  public static let rememberedLimit = 16

  public init(
    oldestVersion: UInt64 = Hello.version, newestVersion: UInt64 = Hello.version, corpus: CorpusID, mayAdopt: Bool, heads: HeadsHash,
    nonce: Bytes16, takesCompression: Bool, remembered: [HeadsHash], snapshotWish: SnapshotWish? = nil
  ) {
    self.oldestVersion = oldestVersion
    self.newestVersion = newestVersion
    self.corpus = corpus
    self.mayAdopt = mayAdopt
    self.heads = heads
    self.nonce = nonce
    self.takesCompression = takesCompression
    self.remembered = remembered
    self.snapshotWish = snapshotWish
  }
}

/// That all the peer sent is safe on disk.
public struct Acknowledgment: Hashable, Sendable {
  /// How many changes were new.
  public var changes: Int
  public var texts: Int

  /// Of the heads that may be told now.
  public var heads: HeadsHash

  public init(changes: Int, texts: Int, heads: HeadsHash) {
    self.changes = changes
    self.texts = texts
    self.heads = heads
  }
}

/// Why a replica ends a session.
public struct Refusal: Hashable, Sendable {
  public enum Code: UInt64, Hashable, Sendable, CaseIterable {
    case noCommonVersion = 1
    case otherCorpus = 2
    case malformed = 3
    case refusedChanges = 4
    case tryAgain = 5
    case notAllowed = 6
    /// Its disk is full, its archive is damaged. Codes that aren't known are taken for this one.
    case unable = 7
    /// The peer lacks changes of which something was dropped where this comes from.
    case dropped = 8
  }

  public var code: Code

  /// For people.
  public var message: String

  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }
}
