import DictaModels
import DictaStorage

/// The main job, step by step, on two replicas of one corpus: Noor's in the newsroom, and Jules's on a laptop.
///
/// Nothing is canned: each step does what its command would do, and shows what the archives then say.
struct Tour {
  /// How it came out.
  struct Ending {
    let isEqual: Bool
    let digest: Digest
  }

  let newsroom: Archive
  let laptop: Archive
  var samples: SampleLoader

  /// Takes the steps in their order and hands over each when it is done.
  static func run(in folder: TourFolder, tell: (TourStep) throws -> Void) async throws -> Ending {
    let clock = TourClock()
    let newsroom = try Archive(creatingAt: folder.file("corpus.dicta"), device: "newsroom", surroundings: clock.surroundings)
    defer { newsroom.abandon() }
    let laptop = try Archive(creatingAt: folder.file("laptop.dicta"), device: "laptop", surroundings: clock.surroundings)
    defer { laptop.abandon() }

    var tour = Tour(newsroom: newsroom, laptop: laptop, samples: SampleLoader(newsroom, author: "desk"))
    func took(_ step: TourStep) throws {
      try tell(step)
      try folder.stopIfInterrupted()
    }
    try took(await tour.addArticles())
    try took(await tour.addSpeakers())
    try took(await tour.addQuotes())
    try took(await tour.addClaims())
    try took(await tour.makeSecondReplica())
    try took(await tour.editOffline())
    try took(await tour.meetAgain())
    try took(await tour.resolve())
    try took(await tour.lookBack())
    try took(await tour.tabulateStances())
    try took(await tour.compareWordings())
    try took(await tour.compareOffices())
    try took(await tour.search())
    return try await tour.ending()
  }

  private func ending() async throws -> Ending {
    let (here, there) = (try await newsroom.read { try $0.status() }, try await laptop.read { try $0.status() })
    return Ending(isEqual: here.digest == there.digest && here.heads == there.heads, digest: here.digest)
  }
}

extension Archive {
  /// Closes a file that is about to go; if that fails, nothing is lost.
  fileprivate func abandon() { try? close() }
}
