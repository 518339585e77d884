/// Numbers of rows of `entity`, each once, in ascending order, as an index of words gives them.
struct RowNumbers {
  private(set) var list: [Int64] = []

  init() {}

  /// - Parameter list: in ascending order. What isn't, as a damaged index may give it, is left out.
  init(_ list: some Sequence<Int64>) {
    for number in list where number > self.list.last ?? .min { append(number) }
  }

  var isEmpty: Bool { list.isEmpty }
  var count: Int { list.count }

  /// - Parameter number: greater than all that are there.
  mutating func append(_ number: Int64) { list.append(number) }

  func union(_ other: Self) -> Self { merged(with: other) { _, _ in true } }

  func intersection(_ other: Self) -> Self { merged(with: other) { $0 && $1 } }

  func subtracting(_ other: Self) -> Self { merged(with: other) { isMine, isTheirs in isMine && !isTheirs } }

  /// Those that `isKept` takes, told whether a number is in the one and in the other.
  private func merged(with other: Self, keeping isKept: (Bool, Bool) -> Bool) -> Self {
    var result = Self()
    var (mine, theirs) = (0, 0)
    while mine < list.count || theirs < other.list.count {
      let isMine = theirs == other.list.count || mine < list.count && list[mine] <= other.list[theirs]
      let isTheirs = mine == list.count || theirs < other.list.count && other.list[theirs] <= list[mine]
      let number = isMine ? list[mine] : other.list[theirs]
      if isKept(isMine, isTheirs) { result.append(number) }
      if isMine { mine += 1 }
      if isTheirs { theirs += 1 }
    }
    return result
  }
}
