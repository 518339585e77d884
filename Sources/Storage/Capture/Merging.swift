import DictaModels

// Joining speakers that were found to be one, and taking one out again. Only `mergedInto` is written: what refers to a speaker goes on
// referring to it.

extension WriteTransaction {
  /// Makes one group of two speakers' groups.
  ///
  /// A speaker that was merged already stays where it was: the link is written on the one that its links lead to. Two that are in one
  /// group stay as they are.
  ///
  /// - Returns: the group.
  @discardableResult
  public func merge(_ speaker: Speaker.ID, into other: Speaker.ID) throws -> EntityGroup<Speaker> {
    _ = try (require(speaker), require(other))
    let group = try group(of: speaker)
    guard !group.members.contains(other) else { return group }
    try update(root(of: speaker)) { $0.mergedInto = other }
    return try self.group(of: speaker)
  }

  /// Takes a speaker out of its group, so that it is alone; the others stay one group.
  ///
  /// - Returns: the group it is now alone in.
  @discardableResult
  public func split(_ speaker: Speaker.ID) throws -> EntityGroup<Speaker> {
    _ = try require(speaker)
    let others = try group(of: speaker).members.filter { $0 != speaker }
    try detach(speaker) { _ in true }
    for other in others { try detach(other) { $0 == speaker } }
    if let first = others.first {
      for other in others.dropFirst() { try merge(other, into: first) }
    }
    return try group(of: speaker)
  }

  /// Clears `mergedInto` where any of its surviving values names somebody to leave; a shown value that doesn't is written over the others.
  private func detach(_ speaker: Speaker.ID, from leaves: (Speaker.ID) -> Bool) throws {
    let address = CellAddress(field: "mergedInto")
    let state = try livingRow(speaker.reference).state
    var isJoined = false
    func names(_ value: Value) -> Bool {
      var found = false
      value.forEachReference { found = found || leaves(Speaker.ID($0.id)) }
      return found
    }
    for survivor in state.survivors(of: address) { isJoined = isJoined || names(survivor.value) }
    guard isJoined else { return }
    let shown = state.shown[address] ?? .null
    try write([(address, names(shown) ? .null : shown)], to: speaker.reference)
  }

  /// Where a speaker's links lead; of a ring, the one from which they lead back.
  private func root(of speaker: Speaker.ID) throws -> Speaker.ID {
    var root = speaker
    var passed: Set = [speaker]
    while let next = try require(root).mergedInto, passed.insert(next).inserted { root = next }
    return root
  }
}
