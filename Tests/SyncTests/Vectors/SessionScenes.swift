import DictaModels
import DictaSync
import DictaTestSupport

/// Two replicas before a session.
struct SessionScene {
  let name: String
  var caller: Holding
  var answerer: Holding
  var byteLimit = 1 << 20

  /// After so many bytes of what one of them says the line is dead.
  var cut: (role: SyncSession.Role, byteCount: Int)?

  static let corpus = CorpusID("0198c2f4-0000-7000-8000-000000000001")!
  static let otherCorpus = CorpusID("0198c2f4-0000-7000-8000-000000000002")!
}

/// Archives that write what the scenes are made of.
struct SessionScenes {
  private var time: UInt64 = 1_700_000_000_000
  private var count: UInt64 = 0

  static func archive(_ name: String, _ seed: UInt64, corpus: CorpusID = SessionScene.corpus) -> MemoryArchive {
    MemoryArchive(name: name, corpus: corpus, seed: seed)
  }

  mutating func write(_ archive: inout MemoryArchive, _ changeCount: Int = 1, partCount: Int = 1) throws {
    for _ in 0..<changeCount {
      (time, count) = (time + 1000, count + 1)
      let claim = Reference(type: "claim", id: .sixteen(count))
      let deeds = archive.replica.inserting(
        claim, [.field("text"): .string("claim \(ExactString("\(count)"))"), .field("context"): .string("a test")])
      try archive.write(deeds, partCount: partCount, writtenAt: time, author: "Ada")
    }
  }

  mutating func writeArticle(_ archive: inout MemoryArchive, _ words: String) throws {
    (time, count) = (time + 1000, count + 1)
    let article = Reference(type: "article", id: .sixteen(count))
    let deeds = archive.replica.inserting(article, [.field("text"): .text(TextHash(of: Array(words.utf8)))])
    try archive.write(deeds, texts: [words], writtenAt: time)
  }

  /// Each gets what the other holds, and remembers it.
  func meet(_ one: inout MemoryArchive, _ other: inout MemoryArchive, remembering: Bool = true) throws {
    _ = (one.open(), other.open())
    for _ in 0..<2 {
      var shipment = one.shipment(to: other.heads(sinceAnyOf: []), peerRungs: [])
      while let delivery = one.nextDelivery(of: &shipment, byteLimit: 1 << 20) { _ = try other.receive(delivery, from: one.name) }
      swap(&one, &other)
    }
    guard remembering else { return }
    let heads = one.publishedHeadsHash
    one.remember(heads)
    other.remember(heads)
  }

  private static func scene(_ name: String, byteLimit: Int = 1 << 20, _ make: (inout Self, inout MemoryArchive, inout MemoryArchive) throws -> Void)
    throws
    -> SessionScene
  {
    var scenes = Self()
    var (one, two) = (archive("one", 1), archive("two", 2))
    try make(&scenes, &one, &two)
    return SessionScene(name: name, caller: try Holding(&one), answerer: try Holding(&two), byteLimit: byteLimit)
  }

  static func all() throws -> [SessionScene] {
    try plain() + meetings() + corpora() + forks()
  }

  private static func plain() throws -> [SessionScene] {
    [
      try scene("equal") { scenes, one, two in
        try scenes.write(&one, 2)
        try scenes.meet(&one, &two, remembering: false)
      }, try scene("equal, both empty") { _, _, _ in },
      try scene("one way, from the caller") { scenes, one, two in
        try scenes.write(&one)
        try scenes.meet(&one, &two, remembering: false)
        try scenes.write(&one, 2)
      },
      try scene("one way, from the answerer") { scenes, one, two in
        try scenes.write(&one)
        try scenes.meet(&one, &two, remembering: false)
        try scenes.write(&two, 2)
      },
      try scene("both ways") { scenes, one, two in
        try scenes.write(&one, 2)
        try scenes.write(&two, 3)
      },
      try scene("everything to a replica of the same corpus that is empty") { scenes, one, _ in try scenes.write(&one, 3) },
      try scene("both ways, one segment at a time", byteLimit: 0) { scenes, one, two in
        try scenes.write(&one)
        try scenes.meet(&one, &two, remembering: false)
        for _ in 0..<3 {
          try scenes.write(&one)
          _ = one.open()
        }
        try scenes.write(&two)
      },
      try scene("texts, with the first change that names each") { scenes, one, two in
        try scenes.writeArticle(&one, "The dam holds.")
        try scenes.writeArticle(&one, "The dam held.")
        try scenes.writeArticle(&one, "The dam holds.")
        try scenes.writeArticle(&two, "The dam holds.")
      },
      try scene("causes before effects, of three origins") { scenes, one, two in
        var three = archive("three", 3)
        try scenes.write(&three)
        try scenes.meet(&three, &one, remembering: false)
        try scenes.write(&one)
        try scenes.meet(&three, &one, remembering: false)
        try scenes.write(&three)
        try scenes.meet(&three, &one, remembering: false)
        try scenes.write(&two)
      },
      try scene("run of three changes") { scenes, one, _ in try scenes.write(&one, 1, partCount: 3) },
      try scene("peer ahead of what is held here") { scenes, one, two in
        var three = archive("three", 3)
        try scenes.write(&three)
        try scenes.meet(&three, &one, remembering: false)
        try scenes.meet(&three, &two, remembering: false)
        try scenes.write(&three, 2)
        try scenes.meet(&three, &two, remembering: false)
        try scenes.write(&one)
      },
    ]
  }

  private static func meetings() throws -> [SessionScene] {
    /// Two that have met, among many others.
    func met(_ scenes: inout Self, _ one: inout MemoryArchive, _ two: inout MemoryArchive) throws {
      for seed in UInt64(10)..<14 {
        var other = archive("other \(seed)", seed)
        try scenes.write(&other)
        try scenes.meet(&other, &one, remembering: false)
      }
      try scenes.meet(&one, &two)
    }
    var cut = try scene("cut within the caller's second CHANGES", byteLimit: 0) { scenes, one, two in
      for _ in 0..<3 {
        try scenes.write(&one)
        _ = one.open()
      }
      try scenes.write(&two)
    }
    cut.cut = (.caller, 1100)
    return [
      try scene("with a base, one way") { scenes, one, two in
        try met(&scenes, &one, &two)
        try scenes.write(&one)
      },
      try scene("with a base, both ways") { scenes, one, two in
        try met(&scenes, &one, &two)
        try scenes.write(&one)
        try scenes.write(&two, 2)
      },
      try scene("with an older base than the last") { scenes, one, two in
        try met(&scenes, &one, &two)
        var three = archive("three", 3)
        try scenes.meet(&two, &three)
        try scenes.write(&two)
        try scenes.meet(&two, &three)
        try scenes.write(&one)
      },
      try scene("with a base that only one remembers") { scenes, one, two in
        try met(&scenes, &one, &two)
        var three = archive("three", 3)
        try scenes.meet(&one, &three, remembering: false)
        two = three
        try scenes.write(&one)
      }, cut,
      try scene("resumed after a cut", byteLimit: 0) { scenes, one, two in
        for _ in 0..<3 {
          try scenes.write(&one)
          _ = one.open()
        }
        try scenes.write(&two)
        var shipment = one.shipment(to: two.heads(sinceAnyOf: []), peerRungs: [])
        if let delivery = one.nextDelivery(of: &shipment, byteLimit: 0) { _ = try two.receive(delivery, from: "one") }
      },
    ]
  }

  private static func corpora() throws -> [SessionScene] {
    func adoption(_ name: String, _ corpora: (CorpusID, CorpusID), _ write: (inout Self, inout MemoryArchive, inout MemoryArchive) throws -> Void)
      throws
      -> SessionScene
    {
      var scenes = Self()
      var (one, two) = (archive("one", 1, corpus: corpora.0), archive("two", 2, corpus: corpora.1))
      try write(&scenes, &one, &two)
      return SessionScene(name: name, caller: try Holding(&one), answerer: try Holding(&two))
    }
    let (first, second) = (SessionScene.corpus, SessionScene.otherCorpus)
    return [
      try adoption("adoption by the caller", (second, first)) { scenes, _, two in try scenes.write(&two, 2) },
      try adoption("adoption by the answerer", (first, second)) { scenes, one, _ in try scenes.write(&one, 2) },
      try adoption("adoption where both are empty", (first, second)) { _, _, _ in },
    ]
  }

  private static func forks() throws -> [SessionScene] {
    /// An archive and its copy; both write under one origin.
    func fork(_ name: String, _ left: Int, _ right: Int, before: Int = 2, remembering: Bool = false) throws -> SessionScene {
      var scenes = Self()
      var one = archive("one", 1)
      try scenes.write(&one, before)
      _ = one.open()
      var two = one.copy(named: "two")
      if remembering { try scenes.meet(&one, &two) }
      try scenes.write(&one, left)
      try scenes.write(&two, right)
      return SessionScene(name: name, caller: try Holding(&one), answerer: try Holding(&two))
    }
    return [
      try fork("fork suspected by both: branches of one length", 1, 1),
      try fork("fork suspected by the caller: its branch is longer", 3, 1), try fork("fork suspected by the answerer: its branch is longer", 1, 3),
      try fork("fork a long way back", 5, 6, before: 9), try fork("fork from the first change on", 2, 2, before: 0),
      try fork("fork after a meeting that both remember", 1, 2, remembering: true),
      try scene("two forks, each suspected by one") { scenes, one, two in
        var (three, four) = (archive("three", 3), archive("four", 4))
        try scenes.write(&three, 2)
        try scenes.write(&four, 2)
        _ = (three.open(), four.open())
        var (threeAgain, fourAgain) = (three.copy(named: "three again"), four.copy(named: "four again"))
        try scenes.write(&three, 2)
        try scenes.write(&threeAgain)
        try scenes.write(&four)
        try scenes.write(&fourAgain, 2)
        for archive in [three, four] {
          var other = archive
          try scenes.meet(&other, &one, remembering: false)
        }
        for archive in [threeAgain, fourAgain] {
          var other = archive
          try scenes.meet(&other, &two, remembering: false)
        }
      },
    ]
  }
}
