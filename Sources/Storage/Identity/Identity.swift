import DictaModels
import GRDB

extension Archive {
  /// Takes a new origin if this file isn't the one its witness was written for: a copy, a moved or a restored database.
  ///
  /// A file that can't be written keeps its identity, for it won't write.
  func ensureIdentity() throws {
    let fits = try pool.read { db in
      let info = try ArchiveInfo.read(db)
      return try Witness.read(beside: path)?.fits(info, at: path, in: LogTable(db: db)) == true
    }
    if fits {
      // The key is kept in memory from now on, whatever becomes of the witness.
      _ = try deviceKey(of: pool.read { try ArchiveInfo.read($0).identity })
      return
    }
    do {
      try pool.writeWithoutTransaction { db in
        // Synced, so that the witness never runs ahead of the database by more than one origin.
        try db.syncCommits(true)
        defer { try? db.syncCommits(false) }
        try db.immediateTransaction {
          let ledger = try Ledger(db, cache: .empty)
          // Another process may have been first.
          if try Witness.read(beside: path)?.fits(ledger.info, at: path, in: ledger.log) == true { return .rollback }
          try takeNewOrigin(ledger)
          try ledger.finish()
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
  ///
  /// It is signed first: whoever lost the key can't prove it later.
  func takeNewOrigin(_ ledger: Ledger) throws {
    if let branch = ledger.info.branch {
      if let key = try deviceKey(of: ledger.info.identity) { try ledger.sign(with: key) }
      if try !ledger.isSigned(Version(branch: branch, sequence: ledger.branches[branch].received)) { ledger.info.unproven = branch }
    }
    let identity = ledger.info.identity
    // Where somebody else's pages were brought in, and the process ended before they got this archive's identity, the row names somebody else.
    let device = try Witness.read(beside: path).flatMap { try $0.isOfFile(at: path) ? $0.device : nil } ?? identity.device
    ledger.info.identity = try Witness.begin(
      at: path, leaving: identity.origin, corpus: ledger.info.corpus, device: device, surroundings: surroundings)
    (ledger.info.branch, ledger.info.signed) = (nil, 0)
  }

  /// The key of an origin, if it is this archive's own; nil if its witness is lost or damaged.
  func deviceKey(of identity: ReplicaIdentity) throws -> DeviceKey? {
    try keys.withLock { key in
      if key?.origin != identity.origin { key = try Witness.read(beside: path).flatMap { DeviceKey($0, of: identity) } }
      return key?.origin == identity.origin ? key : nil
    }
  }
}
