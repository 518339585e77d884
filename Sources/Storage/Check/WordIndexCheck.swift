// Whether searches find what they should. An index holds no words that FTS5 could compare it with by itself, so it is compared here with the
// words of all entities, as the tokenizer makes them: not one by one, but by the sum of a hash of each word and its place.

import DictaModels
import GRDB

struct WordIndexCheck {
  /// FTS5 cuts longer words.
  private static let wordByteLimit = 32_768

  let index: WordIndex
  private let tokenizer: any FTS5Tokenizer
  private var sum = WordSum()
  private var rowCount: UInt64 = 0

  /// How many of the entities that were compared with it have a document in it.
  private var documentCount: Int64 = 0

  init(_ index: WordIndex, _ db: Database) throws {
    self.index = index
    tokenizer = try db.makeTokenizer(Self.tokenizer)
  }

  /// As the tables are declared with.
  private static let tokenizer = FTS5TokenizerDescriptor(components: ["unicode61", "remove_diacritics", "2"])

  /// Takes the words of an entity, and compares their number with what the index has counted.
  ///
  /// - Returns: what is wrong, to people.
  mutating func compare(_ words: String, of number: Int64, in db: Database) throws -> String? {
    let count = words.isEmpty ? nil : try add(words, of: number)
    let indexed = try db.first("SELECT sz FROM \(index.name)_docsize WHERE id = ?", .integer(number)) { Self.numbers($0.blob(0)) }
    if indexed != nil { documentCount += 1 }
    if indexed == count.map({ [$0] }) { return nil }
    guard indexed != nil else { return index == .words ? "searches can't find it" : "searches can't find it by its note" }
    guard words.isEmpty else { return index == .words ? "the index counts its words wrong" : "the index counts the words of its note wrong" }
    return index == .words ? "searches can find it, and it has no words" : "searches can find it by a note, and it has none"
  }

  /// Whether the index has documents of more entities than were compared with it.
  func hasStrangers(in db: Database) throws -> Bool {
    try db.first("SELECT count(*) FROM \(index.name)_docsize", read: { $0.integer(0) }) != documentCount
  }

  /// - Returns: how many words they are.
  private mutating func add(_ words: String, of number: Int64) throws -> UInt64 {
    sum.begin(number)
    var words = words
    let code = words.withUTF8 { utf8 in
      withUnsafeMutablePointer(to: &sum) { sum in
        utf8.withMemoryRebound(to: CChar.self) { text in
          tokenizer.tokenize(context: sum, tokenization: .document, pText: text.baseAddress, nText: CInt(text.count)) {
            context, _, token, count, _, _ in
            context?.assumingMemoryBound(to: WordSum.self).pointee
              .add(UnsafeRawBufferPointer(start: token, count: min(Int(count), WordIndexCheck.wordByteLimit)))
            return 0
          }
        }
      }
    }
    if code != 0 { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    rowCount += 1
    return sum.place
  }

  /// Whether the index, asked for each of its words, gives exactly those that were taken.
  func isIndexed(in db: Database) throws -> Bool {
    let totals = try totals(db)
    guard totals == [rowCount, sum.count] || totals == [] && rowCount == 0 else { return false }
    return try withVocabulary(db) {
      var found = WordSum()
      try db.each("SELECT term FROM temp.searchTerms", []) { row in
        let word = row.utf8(0)
        let hash = word.withUnsafeBytes(WordSum.hash)
        try db.each("SELECT doc, offset FROM temp.searchPlaces WHERE term = ?", [.text(String(decoding: word, as: UTF8.self))]) { place in
          found.add(hash, of: place.integer(0), at: UInt64(bitPattern: place.integer(1)))
          return true
        }
        return true
      }
      return found == sum
    }
  }

  /// How many entities and words the index has counted: the ranks of what is found follow from that.
  private func totals(_ db: Database) throws -> [UInt64] {
    try db.first("SELECT block FROM \(index.name)_data WHERE id = 1") { Self.numbers($0.blob(0)) } ?? []
  }

  /// Numbers as SQLite writes them: seven bits a byte, the greatest first, all but the last byte marked.
  static func numbers(_ bytes: [UInt8]) -> [UInt64] {
    var numbers: [UInt64] = []
    var number: UInt64 = 0
    for byte in bytes {
      number = number << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 {
        numbers.append(number)
        number = 0
      }
    }
    return numbers
  }

  /// FTS5 shows what is in an index by two tables of a kind that nothing stores. They belong to the connection alone.
  private func withVocabulary<Result>(_ db: Database, _ body: () throws -> Result) throws -> Result {
    let isQueryOnly = try Bool.fetchOne(db, sql: "PRAGMA query_only") ?? false
    func setQueryOnly(_ isOn: Bool) throws {
      if isQueryOnly { try db.execute(sql: "PRAGMA query_only = \(isOn ? 1 : 0)") }
    }
    let drop = "DROP TABLE IF EXISTS temp.searchTerms; DROP TABLE IF EXISTS temp.searchPlaces"
    try setQueryOnly(false)
    defer {
      try? db.execute(sql: drop)
      try? setQueryOnly(true)
    }
    try db.execute(
      sql: """
        \(drop);
        CREATE VIRTUAL TABLE temp.searchTerms USING fts5vocab(main, \(index.name), row);
        CREATE VIRTUAL TABLE temp.searchPlaces USING fts5vocab(main, \(index.name), instance);
        """)
    return try body()
  }
}

/// The sum of the hashes of words, each with its entity and its place there: equal for equal indexes, in whatever order they are read.
private struct WordSum {
  private(set) var sum: UInt64 = 0
  private(set) var count: UInt64 = 0

  /// The entity whose words are being added, and how many of them were.
  private var number: Int64 = 0
  private(set) var place: UInt64 = 0

  mutating func begin(_ number: Int64) { (self.number, place) = (number, 0) }

  mutating func add(_ word: UnsafeRawBufferPointer) {
    add(Self.hash(word), of: number, at: place)
    place += 1
  }

  mutating func add(_ hash: UInt64, of number: Int64, at place: UInt64) {
    sum &+= Self.mixed(Self.mixed(hash &+ UInt64(bitPattern: number)) &+ place)
    count += 1
  }

  static func hash(_ word: UnsafeRawBufferPointer) -> UInt64 {
    mixed(word.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

extension WordSum: Equatable {
  static func == (left: Self, right: Self) -> Bool { left.sum == right.sum && left.count == right.count }
}
