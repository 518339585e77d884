import DictaModels
import GRDB

extension Archive {
  /// Takes a new origin if this file isn't the one its witness was written for: a copy, a moved or a restored database.
  ///
  /// A file that can't be written keeps its identity, for it won't write.
  func ensureIdentity() throws {
    let identity = try pool.read { try ArchiveInfo.read($0).identity }
    if try Witness.read(beside: path)?.fits(identity, at: path) == true { return }
    do {
      try pool.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          // Another process may have been first.
          var info = try ArchiveInfo.read(db)
          if try Witness.read(beside: path)?.fits(info.identity, at: path) == true { return .rollback }
          try takeNewOrigin(&info, db)
          return .commit
        }
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
      return
    } catch ArchiveError.readOnly {
      return
    }
  }

  /// What was written before stays where it is, as a branch, and merges like everything else.
  func takeNewOrigin(_ info: inout ArchiveInfo, _ db: Database) throws {
    info.identity = try Witness.begin(at: path, corpus: info.corpus, device: info.identity.device, surroundings: surroundings)
    info.branch = nil
    info.published = 0
    try info.write(db)
  }
}
