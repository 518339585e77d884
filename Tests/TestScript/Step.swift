import DictaModels
import DictaStorage
import DictaTestSupport

/// One step of the script.
enum Step: String {
  // The archive itself.
  case create, createPeer, reopen, backup, compact

  // One transaction each.
  case claim, source, edit, set, revise, delete, restore, run, large, peerWrites

  // Syncs, with an archive in this process, with another process, and by a bundle.
  case sync, syncFar, bundle

  static let count = 200

  /// After this one there are all the archives.
  static let lastOfBeginning = 8

  /// Whether it commits at most once in the archive `corpus`, so that it happened there or didn't.
  var isOneTransaction: Bool {
    switch self {
    case .claim, .source, .edit, .set, .revise, .delete, .restore, .run, .large, .peerWrites, .backup, .compact, .reopen: true
    case .create, .createPeer, .sync, .syncFar, .bundle: false
    }
  }

  /// What happens at a step: the same for every script of a seed.
  init(number: Int, random: inout SeededRandom) {
    switch number {
    case 0: self = .create
    case 1: self = .createPeer
    case 2...6: self = .claim
    case 7, Self.count - 2: self = .syncFar
    case 8, Self.count - 3, Self.count - 1: self = .sync
    // Everybody writes and hears of it, so there is something to drop.
    case 9, 97, 147: self = .peerWrites
    case 10, 98, 148: self = .syncFar
    case 11, 99, 149: self = .sync
    case 100, 150: self = .compact
    case 120: self = .large
    default:
      let chance = random.next() % 100
      self =
        switch chance {
        case ..<18: .claim
        case ..<28: .source
        case ..<42: .edit
        case ..<50: .set
        case ..<56: .revise
        case ..<62: .delete
        case ..<67: .restore
        case ..<72: .run
        case ..<80: .peerWrites
        case ..<87: .sync
        case ..<89: .syncFar
        case ..<92: .reopen
        case ..<94: .bundle
        case ..<96: .claim
        case ..<98: .compact
        default: .backup
        }
    }
  }
}

// MARK: What a transaction writes

extension Step {
  /// - Parameter deleted: what may be restored.
  /// - Returns: what was deleted.
  func write(_ number: Int, _ random: inout SeededRandom, deleted: [Reference], in transaction: WriteTransaction) throws -> Reference? {
    switch self {
    case .claim: try insertClaim("claim \(number)", in: transaction)
    case .source: try insertSource(number, in: transaction)
    case .edit:
      try transaction.update(random.pick(transaction.list(Claim.self)).id) { claim in
        claim.text = "edited in \(number)"
        claim.note = claim.note == nil ? "noted in \(number): " + (0..<60).map { "word \($0 * number)" }.joined(separator: " ") : nil
      }
    case .set:
      try transaction.update(random.pick(transaction.list(Claim.self)).id) { claim in
        claim.tags.formSymmetricDifference(["a", "b", ExactString("tag \(number % 7)")])
        claim.externalIDs[ExactString("id \(number % 3)")] = "\(number)"
      }
    case .revise:
      guard let article = try transaction.list(Article.self).last else { return nil }
      try transaction.update(article.id) { $0.text = try ArticleText($0.text.string + " Corrected in \(number).") }
    case .delete:
      let doomed = try random.pick(transaction.list(Claim.self)).reference
      try transaction.delete(doomed, cascading: true)
      return doomed
    case .restore:
      guard let last = deleted.last else { return nil }
      try transaction.restore(last)
    case .run: try insertMany(10, byteCount: 600, number, in: transaction)
    case .large: try insertMany(40, byteCount: 1_500, number, in: transaction)
    case .create, .createPeer, .reopen, .backup, .compact, .peerWrites, .sync, .syncFar, .bundle: break
    }
    return nil
  }

  private func insertClaim(_ text: String, in transaction: WriteTransaction) throws {
    try transaction.insert(Claim(id: transaction.newID(), text: text))
  }

  /// More than a change may hold.
  private func insertMany(_ count: Int, byteCount: Int, _ number: Int, in transaction: WriteTransaction) throws {
    for index in 0..<count {
      var claim = Claim(id: transaction.newID(), text: "claim \(index) of \(count) in \(number)")
      claim.context = String(repeating: "x", count: byteCount)
      try transaction.insert(claim)
    }
  }

  private func insertSource(_ number: Int, in transaction: WriteTransaction) throws {
    let text = try ArticleText("“The bridge will open in spring \(number),” Mara Quist said.")
    let article = Article(url: "https://example.org/bridge/\(number)", outlet: "The Ferry", title: "Bridge \(number)", text: text)
    var speaker = Speaker(id: transaction.newID(), name: "Mara Quist \(number)", kind: .person)
    speaker.aliases = ["M. Quist"]
    var quote = Quote(
      id: transaction.newID(), articleID: article.id, kind: .direct,
      segments: [Quote.Segment(try text.anchor(exact: "The bridge will open in spring"))])
    quote.sources = [Quote.Source(speakerID: speaker.id, mention: try text.anchor(exact: "Mara Quist"), mentionKind: .name)]
    try transaction.insert(article)
    try transaction.insert(speaker)
    try transaction.insert(quote)
    if let claim = try transaction.list(Claim.self, limit: 1).first {
      try transaction.insert(Stance(holder: .quote(quote.id), claimID: claim.id, position: .supports))
    }
  }
}
