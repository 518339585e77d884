// How values are spelled in options: choices, dates, periods, tenures, pairs. What can't be read is wrong usage, and says why.
// Options that take words of an article or of a person are parsed unconditionally: such words may begin with a dash.

import ArgumentParser
import DictaModels

/// Why the value of an option can't be read.
struct BadSpelling: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

extension OpenEnum {
  /// For options, which take only values that this version knows.
  static var spelled: @Sendable (String) throws -> Self {
    { spelling in
      guard let value = known.first(where: { $0.rawValue.isExactly(spelling) }) else { throw BadSpelling("it is one of \(spellings)") }
      return value
    }
  }

  /// `person, organization, government`
  static var spellings: String { known.map(\.rawValue).joined(separator: ", ") }
}

extension PartialDate {
  /// For options; the error says what is wrong with the date.
  static let spelled: @Sendable (String) throws -> PartialDate = { try PartialDate(parsing: $0) }
}

/// `FROM..TO`, either of which may be left out; a single date is both.
struct PeriodSpelling: Sendable {
  let from: PartialDate?
  let to: PartialDate?

  static let spelled: @Sendable (String) throws -> PeriodSpelling = { try PeriodSpelling($0) }

  init(_ spelling: String) throws {
    guard let dots = spelling.firstRange(of: "..") else {
      let date = try PartialDate(parsing: spelling)
      (from, to) = (date, date)
      return
    }
    from = try Self.date(spelling[..<dots.lowerBound])
    to = try Self.date(spelling[dots.upperBound...])
    if from == nil, to == nil { throw BadSpelling("a period has a first or a last day: 2012-05..2016, 2012.. or ..2016") }
    if let from, let to, to.lastDay < from.firstDay { throw BadSpelling("the period ends before it begins") }
  }

  private static func date(_ spelling: Substring) throws -> PartialDate? {
    spelling.isEmpty ? nil : try PartialDate(parsing: String(spelling))
  }
}

extension Speaker.Tenure {
  static let spelled: @Sendable (String) throws -> Speaker.Tenure = { try Speaker.Tenure(spelling: $0) }

  /// `ROLE@ORGANIZATION:FROM..TO`, of which only the role must be there.
  init(spelling: String) throws {
    var office = spelling[...]
    var period: PeriodSpelling?
    // Roles and times of day may have colons of their own: the first behind which a period stands is the one.
    let colons = spelling.indices.filter { spelling[$0] == ":" }
    for colon in colons where period == nil {
      guard let found = try? PeriodSpelling(String(spelling[spelling.index(after: colon)...])) else { continue }
      period = found
      office = spelling[..<colon]
    }
    if period == nil, let last = colons.last, spelling[last...].contains("..") {
      _ = try PeriodSpelling(String(spelling[spelling.index(after: last)...]))
    }
    let parts = office.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let role = parts.first, !role.isEmpty else { throw BadSpelling("a tenure begins with a role: ROLE@ORGANIZATION:FROM..TO") }
    let organization = parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : nil
    self.init(role: String(role), organization: organization, from: period?.from, to: period?.to)
  }
}

/// `KEY=VALUE`
struct PairSpelling: Sendable {
  let key: ExactString
  let value: String

  static let spelled: @Sendable (String) throws -> PairSpelling = { try PairSpelling($0) }

  init(_ spelling: String) throws {
    let parts = spelling.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { throw BadSpelling("write KEY=VALUE") }
    key = ExactString(String(parts[0]))
    value = String(parts[1])
  }
}

extension Collection<PairSpelling> {
  /// - Throws: if a key is given twice.
  func map(of option: String) throws -> [ExactString: String] {
    try reduce(into: [:]) { map, pair in
      guard map.updateValue(pair.value, forKey: pair.key) == nil else {
        throw CommandFailure(.usage, "\(option) gives \(pair.key) twice", hint: "give each key once")
      }
    }
  }
}

extension String? {
  /// An option that is given and empty says as much as one that isn't given, as `FIELD=` does in `edit`.
  var orNone: String? { self?.isEmpty == true ? nil : self }
}

/// What every entity may have besides.
struct RemarkOptions: ParsableArguments {
  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("A remark of yours.", valueName: "text"))
  var note: String?

  @Option(name: .customLong("tag"), parsing: .unconditionalSingleValue, help: ArgumentHelp("A tag; may be repeated.", valueName: "tag"))
  var tags: [String] = []

  func apply(to entity: inout some Entity) {
    if let note = note.orNone { entity.note = note }
    for tag in tags where !tag.isEmpty { entity.tags.insert(ExactString(tag)) }
  }
}
