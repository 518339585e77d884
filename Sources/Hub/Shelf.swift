import DictaModels
import DictaStorage
import Dispatch

/// The archives that are open: opened when somebody needs one, and closed when nobody has for a while.
///
/// Opening and closing may take a while, after a crash for one; nobody who needs another archive waits for it.
actor Shelf {
  private struct Place {
    let archive: Task<Archive, any Error>
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
  func lend(_ corpus: CorpusID) async throws -> Loan? {
    guard !isClosed else { throw Closed() }
    if places[corpus] == nil {
      guard folder.holds(corpus) else { return nil }
      if places.count >= limit { closeIdle(for: .zero, atMost: 1) }
      let path = folder.archivePath(corpus)
      places[corpus] = Place(archive: Task { try await onThreadOfItsOwn { try Archive(at: path) } })
    }
    places[corpus]?.userCount += 1
    guard let opening = places[corpus]?.archive else { return nil }
    do {
      return Loan(try await opening.value) { Task { await self.giveBack(corpus) } }
    } catch {
      // The next one tries anew.
      if places[corpus]?.archive == opening { places[corpus] = nil }
      throw error
    }
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
      // Whoever needs it meanwhile opens it beside.
      Task { await close(place) }
    }
  }

  /// Closes all. Nobody may be using one.
  func close() async {
    isClosed = true
    for place in places.values { await close(place) }
    places = [:]
  }

  private nonisolated func close(_ place: Place) async {
    guard let archive = try? await place.archive.value else { return }
    // What can't be put into the file now stays beside it, and is there when it is opened again.
    try? await onThreadOfItsOwn { try archive.close() }
  }
}

/// Runs something that waits for a disk where it holds up nobody else.
private func onThreadOfItsOwn<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
  }
}
