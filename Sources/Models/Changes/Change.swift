/// One local transaction, or one part of a run of them: applied whole or not at all, everywhere.
///
/// The changes of one origin form a chain (a tree where it forked): each names the one before it by its id, which is the hash of its
/// header, which holds the hash of its body. So an id stands for everything before it as well.
public struct Change: Hashable, Sendable {
  public let id: ChangeID
  public let header: Header

  /// As the writer encoded it, once and for all; stored and forwarded as these bytes.
  public var bodyBytes: [UInt8] { held.bytes }

  /// The body, or what is left of it where the change comes from a log in which groups were dropped.
  package let held: HeldBody

  /// A change as it is received: the parts of its header that travel once per segment or can be computed are given or computed here.
  ///
  /// - Throws: if the body doesn't fall into a table and groups. Neither is decoded.
  public init(
    origin: Origin, sequence: UInt64, previous: ChangeID?, envelope: Header.Envelope, bodyBytes: [UInt8]
  ) throws(MalformedBytes) {
    try self.init(origin: origin, sequence: sequence, previous: previous, envelope: envelope, held: HeldBody(bytes: bodyBytes))
  }

  /// The same of what is held of a body.
  package init(origin: Origin, sequence: UInt64, previous: ChangeID?, envelope: Header.Envelope, held: HeldBody) throws(MalformedBytes) {
    self.init(
      Header(origin: origin, sequence: sequence, previous: previous, envelope: envelope, bodyHash: try held.hash()), held)
  }

  /// A change as it is written.
  package init(origin: Origin, sequence: UInt64, previous: ChangeID?, envelope: Header.Envelope, body: BodyWriter.Encoded) {
    self.init(Header(origin: origin, sequence: sequence, previous: previous, envelope: envelope, bodyHash: body.hash), HeldBody(bytes: body.bytes))
  }

  private init(_ header: Header, _ held: HeldBody) {
    self.header = header
    id = header.changeID
    self.held = held
  }
}

/// What a change says of itself.
public struct Header: Hashable, Sendable {
  public let origin: Origin

  /// Counts from 1, without gaps.
  public let sequence: UInt64

  /// The change before it; nil at sequence 1.
  public let previous: ChangeID?

  public let envelope: Envelope
  public let bodyHash: BodyHash

  /// What can't be computed, so it is stored and sent with each change.
  public struct Envelope: Hashable, Sendable {
    /// The frontier: the last changes applied where this was written that nothing applied there follows or depends on, `previous`
    /// excepted. All of the past follows from it. Only the first change of a run has any.
    public var dependencies: [Head]

    /// The writer's wall clock, in milliseconds since 1970: for people, and to choose the value shown. Nobody checks it.
    public var writtenAt: UInt64

    public var author: String?
    public var note: String?

    /// Whether more of the same run follows.
    public var isContinued: Bool

    /// Only at sequence 1.
    public var birth: Birth?

    public init(
      dependencies: [Head] = [], writtenAt: UInt64, author: String? = nil, note: String? = nil, isContinued: Bool = false, birth: Birth? = nil
    ) {
      self.dependencies = dependencies
      self.writtenAt = writtenAt
      self.author = author
      self.note = note
      self.isContinued = isContinued
      self.birth = birth
    }
  }

  /// What an origin is made of, and a name for people.
  public struct Birth: Hashable, Sendable {
    public let publicKey: Bytes32
    public let nonce: Bytes16
    public let device: String

    public init(publicKey: Bytes32, nonce: Bytes16, device: String) {
      self.publicKey = publicKey
      self.nonce = nonce
      self.device = device
    }
  }
}

/// What a change does, entity by entity.
public struct Body: Hashable, Sendable {
  public var groups: [Group]

  /// The lines after those that the header's dependencies are: what the writer had applied of other branches that an op refers to.
  public var lines: [Head]

  /// Every text that an op's value names; none may be missing where the change is held.
  public internal(set) var texts: [TextHash] = []

  /// The most bytes a body may take. A larger transaction becomes a run.
  public static let byteLimit = 1 << 20

  public init(groups: [Group], lines: [Head] = []) {
    self.groups = groups
    self.lines = lines
  }
}

/// All that a change does to one entity.
public struct Group: Hashable, Sendable {
  public enum Action: UInt64, Hashable, Sendable {
    /// Lets an entity exist; it sets every field that is not empty.
    case create = 1
    case edit = 2
    /// Writes a tombstone.
    case delete = 3
    /// Writes a version of the pseudo-field `life` over the tombstones.
    case restore = 4
  }

  public var entity: Reference
  public var action: Action
  public var ops: [Op]

  /// The tombstones and restores that a delete or a restore overwrites.
  public var overwrites: [VersionName]

  /// The versions of the entity that the writer of a delete saw.
  public var seen: [VersionName]

  /// Whether its values were dropped here, as none of them survives: null stands for each, but for elements of sets.
  public internal(set) var isDropped = false

  public init(entity: Reference, action: Action, ops: [Op] = [], overwrites: [VersionName] = [], seen: [VersionName] = []) {
    self.entity = entity
    self.action = action
    self.ops = ops
    self.overwrites = overwrites
    self.seen = seen
  }
}

/// Sets one cell, over the versions its writer was looking at.
public struct Op: Hashable, Sendable {
  public var address: CellAddress

  /// Null clears a field or a key. Of a set's element it is true if it was added and null if it was removed.
  public var value: Value

  public var overwrites: [VersionName]

  public init(_ address: CellAddress, _ value: Value, overwrites: [VersionName] = []) {
    self.address = address
    self.value = value
    self.overwrites = overwrites
  }
}

/// How a body names a version: the change with this sequence on the chain that ends in this line.
///
/// Line 0 is the chain that ends in the change's `previous`; 1 … n are the n dependencies of its header, in their order; the body's own
/// lines follow.
public struct VersionName: Hashable, Comparable, Sendable {
  public let line: Int
  public let sequence: UInt64

  public init(line: Int, sequence: UInt64) {
    self.line = line
    self.sequence = sequence
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.line, left.sequence) < (right.line, right.sequence)
  }
}
