/// Whether an error says what was wrong.
struct Complaint {
  let failure: Failure
  let fault: Fault
  let folder: String

  /// - Returns: what to count it as.
  /// - Throws: if it isn't what its reader has to know.
  func judged() throws -> String {
    let call = String(failure.hit.prefix { $0 != " " })
    // Of another process one learns that it is gone, or can't go on.
    let isFarAway = (fault.session == nil) != (failure.session == nil) && failure.hit.isEmpty
    let isClear: Bool
    switch (failure.error, fault.kind) {
    case _ where isFarAway: isClear = failure.error.hasPrefix("LineError") || failure.error.hasPrefix("ProtocolViolation")
    case ("ArchiveError.diskFull", .full): isClear = true
    // Of what isn't writing to the database or its log, SQLite doesn't say why it failed. Where the disk is really full, the system does; here
    // it has room. Where several calls fail, the last one is what is told of, and the first one what is known.
    case ("ArchiveError.inputOutput", .full): isClear = !call.hasSuffix("write") || failure.hit.hasSuffix("-shm") || fault.count > 1
    case ("ArchiveError.inputOutput", .io): isClear = true
    default: isClear = false
    }
    let namesFile = failure.message.contains(folder) && !failure.message.contains(".new")
    guard isClear, isFarAway || namesFile else {
      throw Aftermath.Broken("unclear: \(failure.hit): \(failure.error): \(failure.message)")
    }
    return isFarAway ? "\(failure.error) of the other process" : "\(failure.error) as \(call) failed"
  }
}
