// Whether the table of branches says what the log makes of them, once all of it has been passed through.

import DictaModels

extension LogCheck {
  mutating func compareBranches(_ report: inout CheckReport) {
    if !isBroken, tableCount != branches.all.count || Set(table.keys) != Set(branches.all.indices) {
      for number in branches.all.indices where table[number] == nil {
        broken("origin \(branches[number].origin)", "branch \(number) is missing from the table of branches", &report)
      }
    }
    for number in table.keys.sorted() {
      guard let row = table[number] else { continue }
      let place = row.origin.map { "origin \($0), branch \(number)" } ?? "branch \(number)"
      guard let tip = ends[number] else {
        broken(place, "the table of branches has it, and the log has no change of it", &report)
        continue
      }
      if row.received > Int64(tip.sequence) {
        broken(self.place(Version(branch: number, sequence: tip.sequence + 1)), "it is missing", &report)
      } else if branches.all.indices.contains(number), !isBroken {
        let columns = row.columns(unlike: branches[number])
        if !columns.isEmpty {
          report.add(.chain, place, "the table of branches isn't what the log says (\(columns.joined(separator: ", "))): \(Advice.rebuild)")
        }
        // Then runs were merged that aren't complete, or the other way round.
        if columns.contains("applied") { isBroken = true }
      } else if row.received != Int64(tip.sequence) || !tip.ids.contains(where: { $0.bytes == row.receivedID }) {
        broken(place, "it ends in another change than the table of branches says", &report)
      }
    }
  }

  func reportIncompleteRuns(_ report: inout CheckReport) {
    for branch in branches.all where branch.applied < branch.received {
      report.add(
        .aside, "origin \(branch.origin), changes \(branch.applied + 1) to \(branch.received)",
        "the run that they belong to isn't complete, so it has no effect yet: its writer is gone, or sync with whom holds the rest",
        count: Int(branch.received - branch.applied))
    }
  }
}
