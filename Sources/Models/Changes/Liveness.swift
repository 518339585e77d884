/// Who lives, where somebody was deleted while somebody else still referred to them.
///
/// An entity with tombstones lives if it has a version that none of them saw, or if a living entity refers to it by any surviving value.
/// A ring of deleted entities that only refer to each other stays dead, which is why counting references isn't enough.
public enum Liveness {
  /// The living ones among the entities that have a tombstone.
  ///
  /// - Parameters:
  ///   - tombstoned: every entity that is created and has a surviving tombstone.
  ///   - livesByItself: whether one of them has a version that no tombstone saw.
  ///   - referrers: all entities, tombstoned or not, that refer to one of them.
  ///   - livesUntouched: whether an entity that is not among `tombstoned` lives, which is whether it is created.
  /// - Complexity: O(entities in `tombstoned` and references to them); the rest of the corpus isn't looked at.
  public static func living<Key: Hashable>(
    among tombstoned: some Collection<Key>, livesByItself: (Key) throws -> Bool, referrers: (Key) throws -> [Key],
    livesUntouched: (Key) throws -> Bool
  ) rethrows -> Set<Key> {
    let all = Set(tombstoned)
    var living: Set<Key> = []
    var waiting: [Key: [Key]] = [:]
    for key in all {
      var lives = try livesByItself(key)
      if !lives {
        for referrer in try referrers(key) where referrer != key {
          if all.contains(referrer) {
            waiting[referrer, default: []].append(key)
          } else if try livesUntouched(referrer) {
            lives = true
          }
        }
      }
      if lives { living.insert(key) }
    }
    var next = Array(living)
    while let key = next.popLast() {
      for helped in waiting[key] ?? [] where living.insert(helped).inserted { next.append(helped) }
    }
    return living
  }
}
