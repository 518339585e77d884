import DictaModels
import DictaStorage

/// The archives that are open: opened when somebody needs one, and closed when nobody has for a while.
actor Shelf {
  private struct Place {
    let archive: Archive
    var userCount = 0
    var idleSince = ContinuousClock.now
  }

  private let folder: HubFolder
  private let limit: Int
  private var places: [CorpusID: Place] = [:]
  private var isClosed = false

  /// - Parameter limit: how many are kept open, but for those in use.
  init(_ folder: HubFolder, limit: Int) {
    (self.folder, self.limit) = (folder, limit)
  }

  struct Closed: Error {}

  var openCount: Int { places.count }

  /// Keeps an archive open as long as somebody holds it.
  final class Loan: Sendable {
    let archive: Archive
    private let whenOver: @Sendable () -> Void

    fileprivate init(_ archive: Archive, whenOver: @escaping @Sendable () -> Void) {
      (self.archive, self.whenOver) = (archive, whenOver)
    }

    deinit { whenOver() }
  }

  /// - Returns: nil if there is no such corpus.
  func lend(_ corpus: CorpusID) throws -> Loan? {
    guard !isClosed else { throw Closed() }
    if places[corpus] == nil {
      guard folder.holds(corpus) else { return nil }
      if places.count >= limit { closeIdle(for: .zero, atMost: 1) }
      places[corpus] = Place(archive: try Archive(at: folder.archivePath(corpus)))
    }
    places[corpus]?.userCount += 1
    return places[corpus].map { place in Loan(place.archive) { Task { await self.giveBack(corpus) } } }
  }

  private func giveBack(_ corpus: CorpusID) {
    places[corpus]?.userCount -= 1
    places[corpus]?.idleSince = .now
  }

  /// Closes those that nobody used for so long, longest first.
  func closeIdle(for time: Duration, atMost count: Int = .max) {
    let idle = places.filter { $0.value.userCount == 0 && $0.value.idleSince.advanced(by: time) <= .now }
    for (corpus, place) in idle.sorted(by: { $0.value.idleSince < $1.value.idleSince }).prefix(count) {
      places[corpus] = nil
      // What can't be put into the file now stays beside it, and is there when it is opened again.
      try? place.archive.close()
    }
  }

  /// Closes all. Nobody may be using one.
  func close() {
    isClosed = true
    for place in places.values { try? place.archive.close() }
    places = [:]
  }
}
