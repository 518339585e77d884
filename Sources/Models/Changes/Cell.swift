/// What one op writes and what merges by itself: a field, one element of a set, or one key of a map.
public struct CellAddress: Hashable, Sendable {
  public enum Place: Hashable, Sendable {
    case field
    /// Boxed: there are few sets, and every cell would be twice as large.
    indirect case element(Element)
    case key(ExactString)
  }

  public let field: ExactString
  public let place: Place

  public init(field: ExactString, place: Place = .field) {
    self.field = field
    self.place = place
  }
}

/// An element of a set. Two are the same element if the bytes of their explicit form are.
public struct Element: Hashable, Sendable {
  public let value: Value
  package let bytes: [UInt8]

  public init(_ value: Value) {
    self.value = value
    bytes = value.explicitBytes
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.bytes == right.bytes
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
  }
}

extension CellAddress: Comparable {
  /// By field; then the field itself, its elements, its keys; then by bytes.
  public static func < (left: Self, right: Self) -> Bool {
    let order = ExactString.compare(left.field, right.field)
    guard order == 0 else { return order < 0 }
    switch (left.place, right.place) {
    case (.element(let left), .element(let right)): return left.bytes.lexicographicallyPrecedes(right.bytes)
    case (.key(let left), .key(let right)): return left < right
    default: return left.rank < right.rank
    }
  }

  private var rank: Int {
    switch place {
    case .field: 0
    case .element: 1
    case .key: 2
    }
  }
}
