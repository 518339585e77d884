extension Archive {
  /// What is wrong with the write-ahead log beside an archive that isn't open: committed pages stand behind a damaged one.
  ///
  /// SQLite ends reading at the damaged one when the archive is opened, and removes the file when it is closed. So this is asked before,
  /// while ``Repair`` still finds all of it.
  ///
  /// - Complexity: O(bytes of the log).
  package static func damage(inLogBeside path: String) -> CheckProblem? {
    let path = ArchiveFile.resolved(path)
    guard let log = ByteFile(path + "-wal"), log.byteCount > 0, let database = ByteFile(path),
      let pageSize = Carver.layouts(database, log).first?.pageSize, WriteAheadFrames(log, pageSize: pageSize).isBroken
    else { return nil }
    return CheckProblem(
      .sqlite, "database",
      "its write-ahead log is damaged, and what was committed behind the damage is lost as soon as anything opens the archive: it wasn't opened. "
        + "Run `repair` first")
  }
}
