/// A date as exactly as it is known: a year, a month, a day, or a time of day with its offset from UTC.
///
/// `2013`, `2013-09`, `2013-09-17`, `2013-09-17T14:05+04:00`, `2013-09-17T14:05:30Z`. Each value has one spelling, which is kept: `Z` stays
/// `Z`, and seconds that weren't given aren't added. The day is always the one written, in the place where it was written: nothing is ever
/// shifted to another time zone.
public struct PartialDate: Hashable, Sendable {
  /// 1 to 9999.
  public let year: Int
  /// 1 to 12.
  public let month: Int?
  /// 1 to 31; only with a month that has this day in this year.
  public let day: Int?
  /// Only with a day.
  public let time: Time?

  /// A time of day and how far it is from UTC.
  public struct Time: Hashable, Sendable {
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59; nil where the time is known to the minute.
    public let second: Int?
    /// Minutes east of UTC, -840 to 840.
    public let offsetMinutes: Int
    /// Whether the offset is written `Z` rather than `+00:00`.
    public let isWrittenAsZ: Bool
  }

  /// - Throws: What is wrong with the spelling; nothing is guessed or rounded.
  public init(parsing spelling: String) throws(PartialDateError) {
    var scanner = DateScanner(spelling)
    let year = try scanner.number(digits: 4)
    guard year >= 1 else { throw .noSuchDay(spelling) }
    var month: Int?
    var day: Int?
    var time: Time?
    if scanner.skip("-") {
      let number = try scanner.number(digits: 2)
      guard 1...12 ~= number else { throw .noSuchDay(spelling) }
      month = number
      if scanner.skip("-") {
        let dayOfMonth = try scanner.number(digits: 2)
        guard 1...Self.dayCount(year: year, month: number) ~= dayOfMonth else { throw .noSuchDay(spelling) }
        day = dayOfMonth
        if scanner.skip("T") { time = try Time(&scanner) }
      }
    }
    guard scanner.isAtEnd else { throw .malformed(spelling) }
    (self.year, self.month, self.day, self.time) = (year, month, day, time)
  }

  /// Nil unless there is such a day: 29 February only in leap years, years 1 to 9999.
  public init?(year: Int, month: Int? = nil, day: Int? = nil) {
    guard 1...9999 ~= year, 1...12 ~= month ?? 1 else { return nil }
    if let day {
      guard let month, 1...Self.dayCount(year: year, month: month) ~= day else { return nil }
    }
    (self.year, self.month, self.day, time) = (year, month, day, nil)
  }

  private static func dayCount(year: Int, month: Int) -> Int {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension PartialDate {
  /// The earliest day this can be, as a number that reads like the date and compares like it: 20130901 for 2013-09.
  public var firstDay: Int {
    year * 10_000 + (month ?? 1) * 100 + (day ?? 1)
  }

  /// The latest day this can be: 20130930 for 2013-09.
  public var lastDay: Int {
    let month = month ?? 12
    return year * 10_000 + month * 100 + (day ?? Self.dayCount(year: year, month: month))
  }

  /// Whether both can be the same day: 2013-09 can be 2013-09-17, and 2013 can be 2013-09.
  ///
  /// Days are those written. 2013-09-17T23:30-05:00 can't be 2013-09-18, though in UTC it was.
  public func canBe(_ day: PartialDate) -> Bool {
    overlaps(from: day, to: day)
  }

  /// Whether this can be a day from the first that `from` can be to the last that `to` can be. Nil leaves that side open.
  public func overlaps(from: PartialDate?, to: PartialDate?) -> Bool {
    if let from, lastDay < from.firstDay { return false }
    if let to, firstDay > to.lastDay { return false }
    return true
  }
}

extension PartialDate: Comparable {
  /// By first day, then the less exact one first, then by time of day as written, then by spelling.
  public static func < (left: Self, right: Self) -> Bool {
    let (leftKey, rightKey) = (left.sortingKey, right.sortingKey)
    return leftKey == rightKey ? ExactString(left.description) < ExactString(right.description) : leftKey < rightKey
  }

  private var sortingKey: (day: Int, exactness: Int, time: Int, second: Int) {
    let exactness = time != nil ? 3 : day != nil ? 2 : month != nil ? 1 : 0
    return (firstDay, exactness, time.map { $0.hour * 60 + $0.minute } ?? 0, time?.second ?? -1)
  }
}

extension PartialDate: LosslessStringConvertible {
  /// Nil where ``init(parsing:)`` throws.
  public init?(_ description: String) {
    guard let date = try? PartialDate(parsing: description) else { return nil }
    self = date
  }

  /// The one spelling of this date, which is the one it was read from.
  public var description: String {
    var spelling = digits(year, 4)
    if let month { spelling += "-" + digits(month, 2) }
    if let day { spelling += "-" + digits(day, 2) }
    if let time { spelling += "T" + time.description }
    return spelling
  }
}

extension PartialDate.Time: CustomStringConvertible {
  fileprivate init(_ scanner: inout DateScanner) throws(PartialDateError) {
    hour = try scanner.number(digits: 2)
    guard scanner.skip(":") else { throw .malformed(scanner.spelling) }
    minute = try scanner.number(digits: 2)
    second = scanner.skip(":") ? try scanner.number(digits: 2) : nil
    guard hour < 24, minute < 60, second ?? 0 < 60 else { throw .noSuchTime(scanner.spelling) }

    isWrittenAsZ = scanner.skip("Z")
    if isWrittenAsZ {
      offsetMinutes = 0
      return
    }
    let isWest = scanner.skip("-")
    guard isWest || scanner.skip("+") else { throw .noOffset(scanner.spelling) }
    let hours = try scanner.number(digits: 2)
    guard scanner.skip(":") else { throw .malformed(scanner.spelling) }
    let minutes = try scanner.number(digits: 2)
    let distance = hours * 60 + minutes
    // -00:00 would be a second spelling of +00:00.
    guard minutes < 60, distance <= 14 * 60, !(isWest && distance == 0) else { throw .noSuchOffset(scanner.spelling) }
    offsetMinutes = isWest ? -distance : distance
  }

  /// The part of the date's spelling after the `T`.
  public var description: String {
    var spelling = digits(hour, 2) + ":" + digits(minute, 2)
    if let second { spelling += ":" + digits(second, 2) }
    if isWrittenAsZ { return spelling + "Z" }
    let distance = abs(offsetMinutes)
    return spelling + (offsetMinutes < 0 ? "-" : "+") + digits(distance / 60, 2) + ":" + digits(distance % 60, 2)
  }
}

extension PartialDate: Codable {
  /// Reads a single string.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      try self.init(parsing: container.decode(String.self))
    } catch let error as PartialDateError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  /// Writes a single string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Why a spelling is no ``PartialDate``. Each case carries the spelling.
public enum PartialDateError: Error, Hashable, Sendable, CustomStringConvertible {
  case malformed(String)
  case noSuchDay(String)
  case noSuchTime(String)
  case noOffset(String)
  case noSuchOffset(String)

  /// The spelling, what is wrong with it, and what to write instead.
  public var description: String {
    switch self {
    case .malformed(let spelling):
      "“\(spelling)” is no date: write 2013, 2013-09, 2013-09-17 or 2013-09-17T14:05+04:00"
    case .noSuchDay(let spelling):
      "“\(spelling)” is not in the calendar: years go from 0001 to 9999, months from 01 to 12, days to the month's last"
    case .noSuchTime(let spelling):
      "“\(spelling)” is no time of day: hours go from 00 to 23, minutes and seconds from 00 to 59"
    case .noOffset(let spelling):
      "“\(spelling)” has a time without an offset: add Z or one like +04:00, or leave the time out"
    case .noSuchOffset(let spelling):
      "“\(spelling)” has no possible offset: offsets go from -14:00 to +14:00, and none is written -00:00"
    }
  }
}

/// Reads digits and separators from the front of a spelling.
private struct DateScanner {
  let spelling: String
  private var rest: Substring.UTF8View

  init(_ spelling: String) {
    self.spelling = spelling
    rest = spelling[...].utf8
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let byte = rest.first, byte == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(digits: Int) throws(PartialDateError) -> Int {
    var number = 0
    for _ in 0..<digits {
      guard let byte = rest.popFirst(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { throw .malformed(spelling) }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}

/// A number that is not negative, with zeros before it.
private func digits(_ number: Int, _ count: Int) -> String {
  let spelling = String(number)
  return String(repeating: "0", count: max(0, count - spelling.utf8.count)) + spelling
}
