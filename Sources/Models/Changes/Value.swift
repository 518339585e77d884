/// What a field can hold. There are no fractions: measures are whole numbers of a stated unit.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(ExactString)
  case bytes([UInt8])
  case reference(Reference)
  case text(TextHash)
  case list([Value])
  case record(Record)

  /// The most bytes a field's value may take, in its explicit form.
  public static let byteLimit = 64 << 10

  /// How deep lists and records may be nested.
  public static let depthLimit = 16

  public static func string(_ string: String) -> Value {
    .string(ExactString(string))
  }

  public var isNull: Bool { if case .null = self { true } else { false } }
}

/// Named values in the order of their names' bytes, each name once.
public struct Record: Hashable, Sendable {
  public struct Member: Hashable, Sendable {
    public let name: ExactString
    public let value: Value
  }

  public private(set) var members: [Member] = []

  public init() {}

  public init(_ members: KeyValuePairs<ExactString, Value>) {
    for (name, value) in members { self[name] = value }
  }

  /// An empty one with room for so many.
  init(reserving count: Int) {
    members.reserveCapacity(count)
  }

  init(sorted members: [Member]) {
    self.members = members
  }

  /// The value with that name; setting nil removes it.
  public subscript(name: ExactString) -> Value? {
    get { members.first { $0.name == name }?.value }
    set {
      // They are set in order, mostly.
      let isBehind = members.last.map { $0.name < name } ?? true
      let place = isBehind ? members.endIndex : members.firstIndex { $0.name >= name } ?? members.endIndex
      let isThere = place < members.endIndex && members[place].name == name
      switch (newValue, isThere) {
      case (let value?, true): members[place] = Member(name: name, value: value)
      case (let value?, false): members.insert(Member(name: name, value: value), at: place)
      case (nil, true): members.remove(at: place)
      case (nil, false): break
      }
    }
  }

  /// Adds a member behind all others.
  mutating func append(_ name: ExactString, _ value: Value) {
    members.append(Member(name: name, value: value))
  }
}

extension Value {
  /// Calls `body` with every reference in the value, as often as it stands there.
  public func forEachReference(_ body: (Reference) -> Void) {
    switch self {
    case .reference(let reference): body(reference)
    case .list(let values): for value in values { value.forEachReference(body) }
    case .record(let record): for member in record.members { member.value.forEachReference(body) }
    case .null, .bool, .integer, .string, .bytes, .text: break
    }
  }

  /// Calls `body` with the hash of every text that the value names.
  public func forEachText(_ body: (TextHash) -> Void) {
    switch self {
    case .text(let hash): body(hash)
    case .list(let values): for value in values { value.forEachText(body) }
    case .record(let record): for member in record.members { member.value.forEachText(body) }
    case .null, .bool, .integer, .string, .bytes, .reference: break
    }
  }

  /// The value without any reference to `target`: a record loses the member, a list the element. Null if nothing is left of it.
  public func removing(referencesTo target: Reference) -> Value {
    switch self {
    case .reference(target):
      return .null
    case .list(let values):
      return .list(values.compactMap { $0 == .reference(target) ? nil : $0.removing(referencesTo: target) })
    case .record(let record):
      var kept = Record()
      for member in record.members where member.value != .reference(target) {
        kept[member.name] = member.value.removing(referencesTo: target)
      }
      return .record(kept)
    case .null, .bool, .integer, .string, .bytes, .reference, .text:
      return self
    }
  }
}
