/// A JSON value as Dicta's documents use it: whole numbers only, and strings that are equal only when their bytes are.
///
/// Foundation's JSON is not used because it loses digits of large numbers and sorts keys that aren't ASCII wrongly.
public enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.string(let left), .string(let right)): left.isExactly(right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value):
      hasher.combine(1)
      hasher.combine(value)
    case .integer(let value):
      hasher.combine(2)
      hasher.combine(value)
    case .string(let value):
      hasher.combine(3)
      hasher.combine(ExactString(value))
    case .array(let elements):
      hasher.combine(4)
      hasher.combine(elements)
    case .object(let object):
      hasher.combine(5)
      hasher.combine(object)
    }
  }
}

extension JSON: CustomStringConvertible {
  /// Compact JSON, keys in their order.
  public var description: String {
    String(decoding: encoded(), as: UTF8.self)
  }

  /// What kind of value it is, with its article, for messages: "a string", "an object".
  public var kindDescription: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// The members of a JSON object, in order, no key twice. Keys are told apart by their bytes.
///
/// Two objects are equal if they have equal members in the same order; ``sorted()`` gives both the same order.
public struct JSONObject: Hashable, Sendable {
  /// A key and its value. Equal if both are, the keys by their bytes.
  public struct Member: Sendable {
    /// As the document spells it, escapes resolved, never normalised.
    public let key: String
    /// What the key stands for, null included.
    public var value: JSON

    /// Joins a key and a value.
    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// In the order in which they were read or added.
  public private(set) var members: [Member]

  /// An object without members, `{}`.
  public init() {
    members = []
  }

  /// - Precondition: No key stands there twice.
  public init(_ members: [(String, JSON)]) {
    var keys = JSONKeySet()
    for (key, _) in members { precondition(keys.insert(key), "key “\(key)” stands twice in an object") }
    self.members = members.map { Member(key: $0, value: $1) }
  }

  /// - Precondition: No key stands there twice, which whoever calls this has checked.
  init(uniqueMembers: [Member]) {
    members = uniqueMembers
  }

  /// Whether there is no member.
  public var isEmpty: Bool { members.isEmpty }

  /// In the order of the members.
  public var keys: [String] { members.map(\.key) }

  /// - Complexity: O(*n*); objects have few members.
  public subscript(_ key: String) -> JSON? {
    index(of: key).map { members[$0].value }
  }

  /// Gives a key its value, where the key stands already or else at the end.
  public mutating func set(_ key: String, _ value: JSON) {
    if let index = index(of: key) {
      members[index].value = value
    } else {
      members.append(Member(key: key, value: value))
    }
  }

  /// Adds a member at the end.
  ///
  /// - Precondition: The key isn't there yet.
  public mutating func append(_ key: String, _ value: JSON) {
    precondition(index(of: key) == nil, "key “\(key)” is in the object already")
    members.append(Member(key: key, value: value))
  }

  /// The members in the order of their keys' UTF-8 bytes. Objects inside keep their order.
  public func sorted() -> JSONObject {
    JSONObject(uniqueMembers: sortedMembers)
  }

  var sortedMembers: [Member] {
    members.sorted { ExactString($0.key) < ExactString($1.key) }
  }

  private func index(of key: String) -> Int? {
    members.firstIndex { $0.key.isExactly(key) }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// - Precondition: No key stands there twice.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(elements)
  }
}

extension JSONObject.Member: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.key.isExactly(right.key) && left.value == right.value
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(ExactString(key))
    hasher.combine(value)
  }
}

/// The keys of one object while it is read. Few are compared one by one; an object with many must not take quadratic time.
struct JSONKeySet {
  private var few: [ExactString] = []
  private var many: Set<ExactString> = []

  /// False if the key is there already.
  mutating func insert(_ key: String) -> Bool {
    let key = ExactString(key)
    if few.count < 12 {
      guard !few.contains(key) else { return false }
      few.append(key)
      return true
    }
    if many.isEmpty { many = Set(few) }
    return many.insert(key).inserted
  }
}
