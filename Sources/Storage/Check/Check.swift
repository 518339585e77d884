import DictaModels
import GRDB

extension Archive {
  /// Looks for damage, in one view of the archive, while others go on writing:
  ///
  /// 1. SQLite's own checks, and FTS5's of the indexes of words; that the tables are those of a new archive, and every value is of its
  ///    column's type.
  /// 2. The log, once: every change can be read, and its id is the hash of what it says and of the change before it; its causes come
  ///    before it; the table of branches is what follows.
  /// 3. Signatures: each is valid, and whatever peers may be told of can be sent in segments that end in one.
  /// 4. Every entity is what comes out when the log is merged anew; and so is who lives and what is in conflict, the references, the
  ///    tallies, the digest, and the indexes of words, word by word.
  /// 5. Every text's hash, and every anchor of a living quote.
  /// 6. What is remembered of syncs is what was held then. If there is a witness, which a copy has none of: that everything is here that
  ///    peers were told of.
  ///
  /// It lists as well what is kept aside. What is only a hint can't be checked: up to where the log is known to be on the disk, which
  /// signature may give way to the next, how many transactions there were.
  ///
  /// - Returns: nothing if all is well; ``CheckProblem/code`` lists what it may be. Of one code at most a thousand are named, and then
  ///   one more that says how many were left out.
  /// - Complexity: O(*n* log *n*) in time for all that is held. Memory doesn't grow with it but for texts of quotes (a few megabytes), for
  ///   branches, and for entities that have a tombstone: what is merged anew waits in a temporary file.
  public func check() async throws -> [CheckProblem] {
    let search = try await checkSearch()
    let problems = try await ArchiveFile.mapping(path) {
      try await onReader { [path] db in
        try Scratch.with { scratch in
          var checker = Checker(db, scratch, path: path)
          try checker.run()
          return checker.report.all
        }
      }
    }
    return problems + search
  }

  /// FTS5 checks an index by a statement that only a writer may run. It doesn't wait for another one: a check only reads.
  private func checkSearch() async throws -> [CheckProblem] {
    do {
      try await onWriter { db in
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer {
          // The writer's large cache is full now of what it won't need.
          try? db.execute(sql: "PRAGMA busy_timeout = \(Int(ArchiveFile.busySeconds * 1000)); PRAGMA shrink_memory")
        }
        for index in WordIndex.allCases { try db.execute(sql: "INSERT INTO \(index.name) (\(index.name)) VALUES ('integrity-check')") }
      }
      return []
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
      return [CheckProblem(.search, "database", "an index of words is damaged, and searches miss things: \(Advice.replace)")]
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      // Another archive's tables, or a version of the index that this FTS5 doesn't know.
      return [CheckProblem(.search, "database", "an index of words can't be read (\(error.message ?? "SQLite can't")): \(Advice.replace)")]
    } catch {
      let message = "the indexes of words weren't checked (\(ArchiveFile.translate(error, path))): check again later"
      return [CheckProblem(.skipped, "database", message)]
    }
  }
}

/// One check of one view of an archive. Every number that it reads from the file may be wrong.
struct Checker {
  let db: Database
  let scratch: Scratch

  /// Of the database; the witness lies beside it.
  let path: String
  var report = CheckReport()

  /// As it was before anything of the database was read: a sync may go on beside, and what it notes isn't in a view from before.
  let witness: Result<Witness?, any Error>

  init(_ db: Database, _ scratch: Scratch, path: String) {
    self.db = db
    self.scratch = scratch
    self.path = path
    witness = Result { try Witness.read(beside: path) }
  }

  mutating func run() throws {
    guard try isReadable() else { return }
    try attempt("the tables") { checker in
      try checker.checkSchema()
      try checker.checkTypes()
    }
    let names = try readNames()
    guard let info = try readInfo() else { return }
    let branches = try BranchRow.all(db)
    try attempt("the witness") { try $0.checkWitness(against: info) }
    try attempt("meetings") { try $0.checkMeetings(against: branches) }
    try attempt("retired origins") { try $0.checkRetired(against: branches) }
    var log = LogCheck(db, scratch, corpus: info.corpus, table: branches, names: names)
    try attempt("the log") { checker in
      try log.run(&checker.report)
      checker.check(info, against: log)
    }
    try attempt("packs") { try $0.checkPacks() }
    try attempt("texts") { try $0.checkTexts(against: log) }
    try attempt("entities") { checker in
      var rows = try RowCheck(checker.db, names: names, log: log)
      try rows.run(info, &checker.report)
    }
  }

  /// Does a part of the check; what it can't read is a problem, and the other parts go on.
  private mutating func attempt(_ what: String, _ part: (inout Self) throws -> Void) throws {
    do {
      try part(&self)
    } catch let error as MalformedBytes {
      report.add(.sqlite, "database", "\(what) can't be checked to the end (\(error.reason)): \(Advice.replace)")
    } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_NOTADB].contains(error.resultCode) {
      report.add(.sqlite, "database", "\(what) can't be checked to the end (\(error.message ?? "SQLite can't read it")): \(Advice.replace)")
    }
  }

  /// What SQLite can't read can't be judged further: an index that misses rows would make everything look wrong.
  private mutating func isReadable() throws -> Bool {
    let findings = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
    for finding in findings { report.add(.sqlite, "database", "\(finding): \(Advice.replace)") }
    for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
      report.add(.sqlite, "database", "a row of \(row[0] as String? ?? "a table") refers to one that isn't there: \(Advice.replace)")
    }
    guard findings.isEmpty else {
      report.add(.skipped, "archive", "nothing else was looked at, for SQLite can't read the file as it is")
      return false
    }
    return true
  }

  /// The names as every reader takes them: in order, whatever their numbers.
  private mutating func readNames() throws -> NameIndex {
    var list: [ExactString] = []
    var known: Set<ExactString> = []
    try db.each("SELECT number, name FROM name ORDER BY number", []) { row in
      let name = ExactString(row.text(1))
      if row.integer(0) != Int64(list.count) {
        report.add(.name, "name \(name)", "its number is \(row.integer(0)) and should be \(list.count): \(Advice.replace)")
      }
      if !known.insert(name).inserted { report.add(.name, "name \(name)", "it is there twice: \(Advice.replace)") }
      list.append(name)
      return true
    }
    return NameIndex(list)
  }

  private mutating func readInfo() throws -> ArchiveInfo? {
    do {
      return try ArchiveInfo.read(db)
    } catch let error as MalformedBytes {
      report.add(.archive, "archive", "\(error.reason), so nothing else was looked at: \(Advice.replace)")
      return nil
    }
  }
}

extension Checker {
  /// What the archive's own row says of the log.
  private mutating func check(_ info: ArchiveInfo, against log: LogCheck) {
    func wrong(_ column: String, _ message: String) {
      report.add(.archive, "archive", "its own row is wrong: \(column) \(message): \(Advice.replace)")
    }
    let identity = info.identity
    if Origin(corpus: info.corpus, publicKey: identity.publicKey, nonce: identity.nonce) != identity.origin {
      wrong("origin", "isn't that of its corpus, key and nonce")
    }
    if info.position != log.lastPosition { wrong("position", "is \(info.position), and the log ends at \(log.lastPosition)") }
    if info.durable > info.position { wrong("durable", "is \(info.durable), and the log ends at \(log.lastPosition)") }
    if info.revision == 0 && log.lastPosition > 0 || info.revision > 1 << 40 {
      wrong("revision", "is \(info.revision), and it counts transactions")
    }
    // What is left can't be told from a log that isn't sound.
    guard log.isSound else { return }
    let own = log.branches.numbers(of: identity.origin)
    guard own == [info.branch].compactMap(\.self) else {
      return wrong("branch", "is \(info.branch.map(String.init) ?? "none"), and this origin's are \(own)")
    }
    let signed = own.first.map { log.lastSigned(on: $0) ?? 0 } ?? 0
    if info.signed != signed { wrong("signed", "is \(info.signed), and the last signature is that of change \(signed)") }
    if let branch = own.first {
      log.checkFixed(on: branch, &report)
      if let birth = log.birth(of: identity.origin),
        birth != Header.Birth(publicKey: identity.publicKey, nonce: identity.nonce, device: identity.device)
      {
        wrong("device", "or key isn't that of its first change")
      }
    }
    let unproven = log.unsigned(besides: own.first)
    if info.unproven != unproven.first || unproven.count > 1 {
      wrong("unproven", "is \(info.unproven.map(String.init) ?? "none"), and the branches that aren't signed to their end are \(unproven)")
    }
    for number in unproven {
      let branch = log.branches[number]
      let first = (log.lastSigned(on: number) ?? branch.firstSequence - 1) + 1
      report.add(
        .unproven, "origin \(branch.origin), changes \(first) to \(branch.received)",
        "this copy was made without its witness, in the middle of writing: these changes can't be proven, and nothing can be written on top "
          + "of them. Sync the original, then this copy; or export it and import that elsewhere", count: Int(branch.received - first + 1))
    }
  }
}
