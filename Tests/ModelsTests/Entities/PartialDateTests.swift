import DictaTestSupport
import Testing

@testable import DictaModels

@Suite struct PartialDateTests {
  private func date(_ spelling: String) throws -> PartialDate {
    try PartialDate(parsing: spelling)
  }

  @Test(arguments: [
    "2013", "0001", "9999", "2013-09", "2013-09-17", "2012-02-29", "2000-02-29", "2013-09-17T14:05+04:00", "2013-09-17T14:05Z",
    "2013-09-17T14:05+00:00", "2013-09-17T23:59:59-14:00", "2013-09-17T00:00:00Z", "2013-09-17T14:05-03:30", "2013-12-31T00:00+14:00",
  ])
  func aDateIsWrittenAsItWasRead(spelling: String) throws {
    #expect(try date(spelling).description == spelling)
    #expect(PartialDate(spelling)?.description == spelling)
  }

  @Test(arguments: [
    "", "13", "02013", "2013-", "2013-9", "2013-09-", "2013-09-1", "2013-09-17T", "2013-09-17T14", "2013-09-17 14:05Z", "2013-09-17t14:05Z",
    "2013-09-17T14:05z", " 2013", "2013 ", "2013\n", "+2013", "-2013", "２０１３", "2013-09T14:05Z", "2013/09/17", "2013-09-17T14:05+0400",
    "2013-09-17T14:05+04:00Z", "2013-09-17T14:05:30.5Z", "2013-W38",
  ])
  func anythingElseIsMalformed(spelling: String) {
    #expect(throws: PartialDateError.self) { try date(spelling) }
    #expect(PartialDate(spelling) == nil)
  }

  @Test(arguments: ["0000", "2013-00", "2013-13", "2013-02-29", "1900-02-29", "2013-04-31", "2013-09-00", "2013-01-32"])
  func daysThatNeverWereAreRefused(spelling: String) {
    #expect(throws: PartialDateError.noSuchDay(spelling)) { try date(spelling) }
  }

  @Test func timesAndOffsetsThatCannotBeAreRefused() {
    for time in ["24:00Z", "14:60Z", "14:05:60Z"] {
      #expect(throws: PartialDateError.noSuchTime("2013-09-17T\(time)")) { try date("2013-09-17T\(time)") }
    }
    for time in ["14:05+14:01", "14:05-15:00", "14:05+04:60", "14:05-00:00"] {
      #expect(throws: PartialDateError.noSuchOffset("2013-09-17T\(time)")) { try date("2013-09-17T\(time)") }
    }
    #expect(throws: PartialDateError.noOffset("2013-09-17T14:05")) { try date("2013-09-17T14:05") }
  }

  @Test func aDateCanBeMadeOfItsParts() {
    #expect(PartialDate(year: 2013)?.description == "2013")
    #expect(PartialDate(year: 13, month: 9, day: 7)?.description == "0013-09-07")
    #expect(PartialDate(year: 2013, day: 7) == nil)
    #expect(PartialDate(year: 2013, month: 2, day: 29) == nil)
    #expect(PartialDate(year: 10_000) == nil)
    #expect(PartialDate(year: 2013, month: 0) == nil)
  }

  @Test(arguments: [
    ("2013", 20_130_101, 20_131_231), ("2013-02", 20_130_201, 20_130_228), ("2012-02", 20_120_201, 20_120_229),
    ("2013-09-17", 20_130_917, 20_130_917), ("2013-09-17T23:30-05:00", 20_130_917, 20_130_917),
  ])
  func firstAndLastDayAreThoseItCanBe(spelling: String, first: Int, last: Int) throws {
    #expect(try date(spelling).firstDay == first)
    #expect(try date(spelling).lastDay == last)
  }

  @Test(arguments: [
    ("2013", "2013-09-17", true), ("2013-09", "2013-09-17", true), ("2013-09-17", "2013", true), ("2013-08", "2013-09-17", false),
    ("2013-09-17T14:05Z", "2013-09-17T20:00+04:00", true), ("2013-09-17T23:30-05:00", "2013-09-18", false), ("2012", "2013", false),
  ])
  func canBeAsksForTheDayAsWritten(left: String, right: String, answer: Bool) throws {
    #expect(try date(left).canBe(date(right)) == answer)
    #expect(try date(right).canBe(date(left)) == answer)
  }

  @Test func rangesIncludeEveryDayTheirEndsCanBe() throws {
    let day = try date("2013-09-17")
    #expect(day.overlaps(from: nil, to: nil))
    #expect(try day.overlaps(from: date("2013"), to: date("2013-09")))
    #expect(try day.overlaps(from: date("2013-09-17"), to: date("2013-09-17")))
    #expect(try !day.overlaps(from: date("2013-09-18"), to: nil))
    #expect(try !day.overlaps(from: nil, to: date("2013-08")))
    #expect(try date("2013").overlaps(from: date("2013-12-31"), to: nil))
  }

  @Test func datesAreOrderedByFirstDayThenTheLessExactFirst() throws {
    let spellings = [
      "2012-12-31T23:59Z", "2013", "2013-01", "2013-01-01", "2013-01-01T00:00+00:00", "2013-01-01T00:00+04:00", "2013-01-01T00:00Z",
      "2013-01-01T00:00:00Z", "2013-01-01T09:00Z", "2013-01-02", "2013-02",
    ]
    for seed in UInt64(1)...20 {
      var random = SeededRandom(seed: seed)
      let sorted = try spellings.shuffled(using: &random).map(date).sorted()
      #expect(sorted.map(\.description) == spellings, "seed \(seed)")
    }
  }

  @Test func messagesCarryTheSpellingAndWhatToWrite() {
    #expect(PartialDateError.malformed("soon").description.contains("“soon” is no date: write 2013"))
    #expect(PartialDateError.noOffset("2013-09-17T14:05").description.contains("add Z"))
  }
}
