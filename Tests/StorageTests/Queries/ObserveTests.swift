import DictaModels
import DictaSync
import Testing

@testable import DictaStorage

@Suite struct ObserveTests {
  let folder = TemporaryFolder()

  @Test(.timeLimit(.minutes(6))) func anObservationGivesAValueNowAndAfterEachWrite() async throws {
    let archives = try folder.archives(2)
    let archive = archives[0]
    var counts = archive.observe { try $0.list(Claim.self).count }.makeAsyncIterator()
    var last: Int?
    // The same value may come twice: how often a query runs isn't promised.
    func next() async throws -> Int? {
      var value = try await counts.next()
      while value == last { value = try await counts.next() }
      last = value
      return value
    }
    #expect(try await next() == 0)
    try await archive.writeClaim("one")
    #expect(try await next() == 1)
    try await archive.writeClaim("two")
    #expect(try await next() == 2)
    // What arrives counts as much as what is written here.
    try await archives[1].writeClaim("three")
    try await archive.sync(with: archives[1])
    #expect(try await next() == 3)
    _ = try await archive.write { transaction in
      for claim in try transaction.list(Claim.self) { try transaction.delete(claim.reference) }
    }
    #expect(try await next() == 0)
  }

  @Test(.timeLimit(.minutes(6))) func valuesThatComeFasterThanTheyAreTakenAreLeftOutButForTheLast() async throws {
    let archive = try folder.archive()
    var counts = archive.observe { try $0.list(Claim.self).count }.makeAsyncIterator()
    #expect(try await counts.next() == 0)
    for number in 0..<50 { try await archive.writeClaim("\(number)") }
    var last = 0
    var values = 0
    while last < 50 {
      last = try #require(try await counts.next())
      values += 1
    }
    #expect(last == 50 && values <= 51)
  }

  @Test(.timeLimit(.minutes(6))) func cancellingEndsAnObservation() async throws {
    let archive = try folder.archive()
    let (started, start) = AsyncStream<Void>.makeStream()
    let task = Task {
      var values: [Int] = []
      for try await count in archive.observe({ try $0.list(Claim.self).count }) {
        values.append(count)
        start.finish()
      }
      return values
    }
    for await _ in started {}
    task.cancel()
    #expect(Set(try await task.value) == [0])
    // The archive is as usable as before.
    try await archive.writeClaim("one")
    #expect(try await archive.read { try $0.list(Claim.self).count } == 1)
  }

  @Test(.timeLimit(.minutes(6))) func aQueryThatThrowsEndsItsObservationWithTheError() async throws {
    let archive = try folder.archive()
    var values = archive.observe { try $0.require(Claim.ID(Reference.claim(1).id)) }.makeAsyncIterator()
    do {
      _ = try await values.next()
      Issue.record("no error")
    } catch ArchiveError.noSuchEntity(.claim(1)) {}
  }

  @Test func aReaderSeesOneMomentWhateverIsWritten() async throws {
    let archive = try folder.archive()
    try await archive.writeClaim("one")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for number in 0..<60 { try await archive.writeClaim("\(number)") } }
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<40 {
            try await archive.read { transaction throws in
              let listed = try transaction.list(Claim.self).count
              #expect(try transaction.status().counts[.claim] == listed)
              #expect(try transaction.list(Claim.self).count == listed)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await archive.check() == [])
  }
}
