import DictaTestSupport

extension Simulation {
  /// A shorter history that breaks the same promise: steps are left out, many at first and then one by one, as long as it does.
  ///
  /// - Parameter runLimit: how many histories are tried at most.
  /// - Returns: the shortest that was found; the history itself if it breaks nothing.
  public static func shrunk(_ scenario: Scenario, runLimit: Int = 400) async -> Scenario {
    guard let promise = await run(scenario).findings.first?.promise else { return scenario }
    var shortest = scenario
    var runsLeft = runLimit
    func stillBreaks(_ candidate: Scenario) async -> Bool {
      runsLeft -= 1
      return await run(candidate).findings.first?.promise == promise
    }
    var size = max(1, shortest.steps.count / 2)
    while runsLeft > 0 {
      var start = 0
      var hasShrunk = false
      while start < shortest.steps.count, runsLeft > 0 {
        var candidate = shortest
        candidate.steps.removeSubrange(start..<min(start + size, candidate.steps.count))
        if await stillBreaks(candidate) {
          shortest = candidate
          hasShrunk = true
        } else {
          start += size
        }
      }
      if size == 1, !hasShrunk { break }
      size = max(1, size / 2)
    }
    while shortest.deviceCount > 2, runsLeft > 0 {
      var candidate = shortest
      candidate.deviceCount -= 1
      guard await stillBreaks(candidate) else { break }
      shortest = candidate
    }
    return shortest
  }
}
