/// What is shown of an entity: its cells that are not empty, sorted by address.
public struct Fields: Hashable, Sendable {
  public struct Cell: Hashable, Sendable {
    public let address: CellAddress

    /// Never null; true for the element of a set.
    public let value: Value
  }

  public private(set) var cells: [Cell]

  public init() {
    cells = []
  }

  init(sorted cells: [Cell]) {
    self.cells = cells
  }

  public var isEmpty: Bool { cells.isEmpty }

  /// The value of a field that is neither a set nor a map. Null and nil clear it.
  public subscript(field: ExactString) -> Value? {
    get { self[CellAddress(field: field)] }
    set { self[CellAddress(field: field)] = newValue }
  }

  public subscript(address: CellAddress) -> Value? {
    get {
      place(of: address).map { cells[$0].value }
    }
    set {
      // They are set in order, mostly.
      if let last = cells.last, !(last.address < address) {
        replace(newValue, at: address)
      } else if let newValue, !newValue.isNull {
        if cells.isEmpty { cells.reserveCapacity(8) }
        cells.append(Cell(address: address, value: newValue))
      }
    }
  }

  private mutating func replace(_ newValue: Value?, at address: CellAddress) {
    let index = index(of: address)
    let isThere = index < cells.count && cells[index].address == address
    if let newValue, !newValue.isNull {
      let cell = Cell(address: address, value: newValue)
      if isThere { cells[index] = cell } else { cells.insert(cell, at: index) }
    } else if isThere {
      cells.remove(at: index)
    }
  }

  /// All cells of a field, which is several for a set or a map.
  public func cells(of field: ExactString) -> ArraySlice<Cell> {
    let start = index(of: CellAddress(field: field))
    var end = start
    while end < cells.count, cells[end].address.field == field { end += 1 }
    return cells[start..<end]
  }

  /// The elements of a set, in the order of their bytes.
  public func elements(of field: ExactString) -> [Value] {
    cells(of: field).compactMap { if case .element(let element) = $0.address.place { element.value } else { nil } }
  }

  public mutating func insert(_ element: Value, into field: ExactString) {
    self[CellAddress(field: field, place: .element(Element(element)))] = .bool(true)
  }

  /// The entries of a map, in the order of their keys' bytes.
  public func entries(of field: ExactString) -> [(key: ExactString, value: Value)] {
    cells(of: field).compactMap { if case .key(let key) = $0.address.place { (key, $0.value) } else { nil } }
  }

  /// Empties a field, whatever its shape.
  public mutating func removeAll(of field: ExactString) {
    let range = cells(of: field).indices
    cells.removeSubrange(range)
  }

  /// The names of the fields that aren't empty, each once, in the order of their bytes.
  public var names: [ExactString] {
    var names: [ExactString] = []
    for cell in cells where names.last != cell.address.field { names.append(cell.address.field) }
    return names
  }

  /// What has to be written to make `old` into this: cells and their new values, null where one is emptied.
  public func edits(from old: Fields) -> [(address: CellAddress, value: Value)] {
    var edits: [(address: CellAddress, value: Value)] = []
    var (new, before) = (0, 0)
    while new < cells.count || before < old.cells.count {
      let isNew = before == old.cells.count || (new < cells.count && cells[new].address < old.cells[before].address)
      let isGone = new == cells.count || (before < old.cells.count && old.cells[before].address < cells[new].address)
      if isNew {
        edits.append((cells[new].address, cells[new].value))
        new += 1
      } else if isGone {
        edits.append((old.cells[before].address, .null))
        before += 1
      } else {
        if cells[new].value != old.cells[before].value { edits.append((cells[new].address, cells[new].value)) }
        new += 1
        before += 1
      }
    }
    return edits
  }

  func place(of address: CellAddress) -> Int? {
    let index = index(of: address)
    return index < cells.count && cells[index].address == address ? index : nil
  }

  private func index(of address: CellAddress) -> Int {
    var (low, high) = (0, cells.count)
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].address < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
