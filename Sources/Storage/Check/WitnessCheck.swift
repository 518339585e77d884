import DictaModels
import Foundation
import GRDB

extension Checker {
  /// What the witness knows of the archive. Many have none: a copy, and one that nobody may write.
  mutating func checkWitness(against info: ArchiveInfo) throws {
    guard FileManager.default.fileExists(atPath: path + Witness.suffix) else { return }
    guard let witness = try witness.get(), witness.isWhole else {
      let message =
        "it can't be read, so it isn't known whether everything is here that peers were told of: the archive takes a new origin when it is "
        + "opened next, which does no harm"
      return report.add(.skipped, "witness", message)
    }
    // It may have been left behind by another archive.
    guard witness.corpus == info.corpus else { return }
    if witness.identity.origin == info.identity.origin, !witness.device.isExactly(info.identity.device) {
      report.add(.archive, "archive", "its own row is wrong: device isn't what the witness says: \(Advice.replace)")
    }
    for head in try LogTable(db: db).lacking(of: witness.synced) {
      let message =
        "it was held here, peers may have been told so, and it is gone, perhaps with others before it: this is an older copy, or the end of "
        + "the write-ahead log was damaged. What is here is sound. Sync with whoever holds it"
      report.add(.missing, "origin \(head.origin), change \(head.sequence)", message)
    }
  }
}
