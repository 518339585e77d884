import DictaModels

/// Names versions by lines while a body is written.
struct LineIndex {
  private let branches: Branches
  private let previous: Version?
  private var numbers: [Int: Int] = [:]
  private(set) var further: [Head] = []
  private var count: Int

  /// - Parameter frontier: the dependencies in the header's order.
  init(_ branches: Branches, previous: Version?, frontier: [Version]) {
    self.branches = branches
    self.previous = previous
    count = frontier.count
    for (index, version) in frontier.enumerated() { numbers[version.branch] = index + 1 }
  }

  mutating func name(_ version: Version) throws(MalformedBytes) -> VersionName {
    if let previous, isOnOwnChain(version, previous) { return VersionName(line: 0, sequence: version.sequence) }
    if let number = numbers[version.branch] { return VersionName(line: number, sequence: version.sequence) }
    guard version.branch < branches.all.count else {
      throw MalformedBytes(offset: 0, reason: "a row names branch \(version.branch), which is missing")
    }
    let branch = branches[version.branch]
    // What is overwritten is applied, so its branch has a last change that is.
    let id = branch.appliedID ?? branch.receivedID
    further.append(Head(origin: branch.origin, sequence: branch.applied, id: id))
    count += 1
    numbers[version.branch] = count
    return VersionName(line: count, sequence: version.sequence)
  }

  private func isOnOwnChain(_ version: Version, _ previous: Version) -> Bool {
    if version.branch == previous.branch { return version.sequence <= previous.sequence }
    return previous.branch < branches.all.count && branches.isOnChain(version, endingIn: previous)
  }
}
