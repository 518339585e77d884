import DictaModels
import GRDB

/// What was found in a damaged archive, in a temporary file that SQLite makes when its cache is full, and removes.
///
/// Nothing here is known to be true before ``ChainFinder`` and the hashes of texts have said so.
final class Findings: Sendable {
  let queue: DatabaseQueue

  /// What the table of branches said, by number; the one that goes furthest, where old ones were found too.
  let branches: [Int: FoundRow.Branch]

  /// What the archive said of itself, the likeliest first.
  let own: [FoundRow.Own]

  /// Whether rows of the log were found.
  let hasChanges: Bool

  /// Finds what is in the file and its write-ahead log; neither is written to.
  ///
  /// - Complexity: O(bytes of both). Memory: a few megabytes, and some for each branch.
  init(database: ByteFile, log: ByteFile?) throws {
    var configuration = Configuration()
    configuration.label = "dicta.repair"
    // SQLite takes an empty path for a database of its own that has no name.
    queue = try DatabaseQueue(path: "", configuration: configuration)
    var collector = Collector()
    try queue.inDatabase { db in
      try db.execute(sql: Self.tables)
      try db.inTransaction {
        for layout in Carver.layouts(database, log) {
          var carver = Carver(database, log, pageSize: layout.pageSize, usable: layout.usable)
          try carver.run { row, wasCommitted in try collector.take(row, wasCommitted, into: db) }
        }
        try collector.unpack(db)
        return .commit
      }
    }
    branches = collector.branches.mapValues(\.row)
    own = collector.ownByPlausibility
    hasChanges = collector.hasChanges
  }

  private static let tables = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16384;
    CREATE TABLE change (
      number INTEGER PRIMARY KEY, key INTEGER NOT NULL, position INTEGER NOT NULL, id BLOB NOT NULL, envelope BLOB NOT NULL,
      body BLOB NOT NULL, isReduced INTEGER NOT NULL, wasCommitted INTEGER NOT NULL, hash BLOB NOT NULL
    );
    CREATE UNIQUE INDEX changeByKey ON change (key, hash);

    -- What rows of the log say of changes that are in a pack, and what packs hold, until both are put together.
    CREATE TABLE outline (
      number INTEGER PRIMARY KEY, key INTEGER NOT NULL, position INTEGER NOT NULL, id BLOB NOT NULL, envelope BLOB NOT NULL,
      wasCommitted INTEGER NOT NULL
    );
    CREATE INDEX outlineByKey ON outline (key);
    CREATE TABLE parcel (
      number INTEGER PRIMARY KEY, key INTEGER NOT NULL, envelope BLOB NOT NULL, body BLOB NOT NULL, isReduced INTEGER NOT NULL,
      wasCommitted INTEGER NOT NULL, hash BLOB NOT NULL, UNIQUE (key, hash)
    );
    CREATE TABLE signature (number INTEGER PRIMARY KEY, key INTEGER NOT NULL, signature BLOB NOT NULL, UNIQUE (key, signature));
    CREATE TABLE text (number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, content BLOB NOT NULL);

    -- What a change is, if it follows `previous`. It may be here several times, or not at all.
    CREATE TABLE link (
      number INTEGER PRIMARY KEY, change INTEGER NOT NULL, branch INTEGER NOT NULL, sequence INTEGER NOT NULL, position INTEGER NOT NULL,
      origin BLOB NOT NULL, id BLOB NOT NULL, previous BLOB, isGenuine INTEGER NOT NULL, isRooted INTEGER NOT NULL, isHeld INTEGER NOT NULL
    );
    CREATE INDEX linkByPlace ON link (branch, sequence);
    CREATE INDEX linkBySequence ON link (sequence);
    CREATE INDEX linkByID ON link (id);

    -- Signatures that were found to be valid, and ones made now with a key that is still there.
    CREATE TABLE proof (id BLOB PRIMARY KEY, signature BLOB NOT NULL) WITHOUT ROWID;
    """

  func text(_ hash: TextHash, _ db: Database) throws -> [UInt8]? {
    try db.first("SELECT content FROM text WHERE hash = ?", .blob(hash.bytes)) { $0.blob(0) }
  }
}

/// Takes rows in as they are found.
private struct Collector {
  var branches: [Int: (row: FoundRow.Branch, wasCommitted: Bool)] = [:]
  var hasChanges = false
  private var own: [FoundRow.Own: Int] = [:]

  /// More than anybody has, and few enough to be kept in memory.
  private static let branchLimit = 1 << 20

  mutating func take(_ row: FoundRow, _ wasCommitted: Bool, into db: Database) throws {
    switch row {
    case .change(let change):
      hasChanges = true
      if let body = change.body {
        try insert(change, change.envelope, HeldBody(bytes: body), wasCommitted, into: db)
      } else {
        try db.run(
          "INSERT INTO outline (key, position, id, envelope, wasCommitted) VALUES (?, ?, ?, ?, ?)", .integer(change.key),
          .integer(change.position), .blob(change.id.bytes), .blob(change.envelope), .integer(wasCommitted ? 1 : 0))
      }
    case .pack(let pack):
      hasChanges = true
      for (version, parcel) in pack.changes {
        try db.run(
          """
          INSERT INTO parcel (key, envelope, body, isReduced, wasCommitted, hash) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (key, hash) DO UPDATE SET wasCommitted = max(wasCommitted, excluded.wasCommitted)
          """, .integer(version.key), .blob(parcel.envelope), .blob(parcel.body), .integer(parcel.held.isReduced ? 1 : 0),
          .integer(wasCommitted ? 1 : 0), .blob(TextHash(of: parcel.envelope + [0] + parcel.body).bytes))
      }
    case .signature(let key, let signature):
      try db.run("INSERT OR IGNORE INTO signature (key, signature) VALUES (?, ?)", .integer(key), .blob(signature.bytes))
    case .text(let content):
      // Its own hash is what it will be asked for by, whatever stood beside it.
      let hash = TextHash(of: content)
      let isKnown = try db.first("SELECT 1 FROM text WHERE hash = ?", .blob(hash.bytes), read: { _ in true }) ?? false
      if !isKnown { try db.run("INSERT INTO text (hash, content) VALUES (?, ?)", .blob(hash.bytes), .blob(content)) }
    case .branch(let branch):
      let known = branches[Int(branch.number)]
      let isBetter = known.map { $0.wasCommitted == wasCommitted ? $0.row.received < branch.received : wasCommitted } ?? true
      if isBetter, known != nil || branches.count < Self.branchLimit { branches[Int(branch.number)] = (branch, wasCommitted) }
    case .archive(let row):
      if own[row] != nil || own.count < 4096 { own[row, default: 0] += wasCommitted ? 1 << 20 : 1 }
    }
  }

  private func insert(_ change: FoundRow.Change, _ envelope: [UInt8], _ held: HeldBody, _ wasCommitted: Bool, into db: Database) throws {
    let hash = TextHash(of: change.id.bytes + envelope + [0] + held.bytes)
    try db.run(
      """
      INSERT INTO change (key, position, id, envelope, body, isReduced, wasCommitted, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key, hash) DO UPDATE SET wasCommitted = max(wasCommitted, excluded.wasCommitted)
      """, .integer(change.key), .integer(change.position), .blob(change.id.bytes), .blob(envelope), .blob(held.bytes),
      .integer(held.isReduced ? 1 : 0), .integer(wasCommitted ? 1 : 0), .blob(hash.bytes))
  }

  /// Puts together what rows of the log and packs say of the same changes. Either may be damaged or lost.
  func unpack(_ db: Database) throws {
    try db.each("SELECT key, position, id, envelope, wasCommitted FROM outline", []) { row in
      let change = FoundRow.Change(
        key: row.integer(0), position: row.integer(1), id: try ChangeID(bytes: row.blob(2)).orDamaged("an id"), envelope: row.blob(3), body: nil)
      let query = "SELECT envelope, body, isReduced FROM parcel WHERE key = ?"
      let parcels = try db.all(query, .integer(change.key)) { ($0.blob(0), HeldBody(bytes: $0.blob(1), isReduced: $0.integer(2) != 0)) }
      let wasCommitted = row.integer(4) != 0
      // Without its pack it says at least that there was such a change.
      if parcels.isEmpty { try insert(change, change.envelope, HeldBody(bytes: []), wasCommitted, into: db) }
      for (envelope, held) in parcels {
        try insert(change, change.envelope, held, wasCommitted, into: db)
        if envelope != change.envelope { try insert(change, envelope, held, wasCommitted, into: db) }
      }
      return true
    }
    let alone = """
      SELECT key, envelope, body, isReduced, wasCommitted FROM parcel
      WHERE key NOT IN (SELECT key FROM outline UNION ALL SELECT key FROM change) ORDER BY key
      """
    try db.each(alone, []) { row in
      // Its row in the log is lost. Its id comes out of the chain, and a signature behind it says whether that is right.
      let change = FoundRow.Change(key: row.integer(0), position: 0, id: .lost, envelope: row.blob(1), body: nil)
      try insert(
        change, change.envelope, HeldBody(bytes: row.blob(2), isReduced: row.integer(3) != 0), row.integer(4) != 0, into: db)
      return true
    }
  }

  var ownByPlausibility: [FoundRow.Own] {
    // Of equally likely ones the last that was written knows of the most changes.
    own.sorted { ($0.value >> 20 > 0 ? 1 : 0, $0.key.position) > ($1.value >> 20 > 0 ? 1 : 0, $1.key.position) }.map(\.key)
  }
}
