/// What is measured. `Documentation/Performance.md` says how to read it.
enum Operation: String, CaseIterable, Codable {
  /// The corpus is written: a transaction for each article with what is said in it, or for a thousand.
  case write1, write1000
  /// Notes are set on quotes: a transaction each, or for a thousand.
  case update1, update1000
  /// An empty replica gets everything.
  case first
  /// The same at once, from file to file; and once more, for the next replica.
  case snapshot, snapshotAgain
  /// The same in messages that aren't compressed, as between two programs: the snapshot that they carry is made for it.
  case snapshotOverWire
  /// Two replicas, each with as many new updates as there are articles, a tenth of them on the same quotes.
  case exchange
  /// One update gets from one replica to another.
  case one
  /// As `first` and `exchange`, with both sides' messages compressed.
  case firstOverWire, exchangeOverWire
  /// As `firstOverWire`, with each side in a process of its own, to measure the memory of each.
  case firstApart
  /// As `write1000`, while a task reads something known every few milliseconds, to measure how long that waits.
  case writeWhileRead
  /// The archive that `write1` left is made smaller.
  case compact
  /// The corpus is read from a document of JSON Lines in one transaction, while a task reads as in `writeWhileRead`.
  case importDocument = "import"
  /// The corpus is written into a document of JSON Lines.
  case exportDocument = "export"

  /// Who can do it.
  var contenders: [Contender] {
    switch self {
    case .write1, .write1000, .update1, .update1000, .first, .exchange: Contender.allCases
    case .one: Contender.allCases.filter { $0 != .words }
    case .snapshot, .snapshotAgain, .snapshotOverWire, .compact: [.plain, .dicta]
    case .firstOverWire, .exchangeOverWire, .firstApart, .importDocument, .exportDocument, .writeWhileRead: [.dicta]
    }
  }
}

/// Who does it.
enum Contender: String, CaseIterable, Codable {
  /// SQLite with random keys, and with keys that grow with time. No history, no sync.
  case plain, plainOrdered
  /// As `plain`, with SQLite's session extension recording what changes.
  case session
  /// Only what an index of the same words takes, by SQLite alone: what of an archive's figure is that. No other contender keeps one.
  case words
  case dicta
}

/// What one run of an operation took.
struct Figures: Codable {
  var cpuSeconds = 0.0
  var wallSeconds = 0.0
  /// Handed to the system, to whatever file.
  var bytesWritten = 0
  /// The most this process ever had.
  var peakMemoryBytes = 0
  /// The same of the other one, where there were two.
  var peerPeakMemoryBytes: Int?
  /// Of all files, when it was over.
  var diskBytes = 0
  /// Over the line, both ways, compressed and not.
  var wireBytes = 0
  var uncompressedWireBytes = 0
  /// Entities, updates or changes.
  var unitCount = 0
  /// How long a reader waited that came by meanwhile.
  var waits: Waits?

  init(_ meter: Meter, unitCount: Int) {
    (cpuSeconds, wallSeconds, bytesWritten) = (meter.cpuSeconds, meter.wallSeconds, meter.bytesWritten)
    (peakMemoryBytes, self.unitCount) = (Meter.peakMemoryBytes, unitCount)
  }

  /// Of 4 KiB, as SQLite writes them.
  var pagesWritten: Double { Double(bytesWritten) / 4096 }

  var cpuMicrosecondsOfUnit: Double { cpuSeconds * 1e6 / Double(max(1, unitCount)) }
}
