// Steps 5 to 9: a second replica, edits offline, a conflict, its end, and what is remembered of it.

import DictaModels
import DictaStorage
import DictaSync

extension Tour {
  private static let syncCommand = Shell.command("sync", "corpus.dicta", "--archive", "laptop.dicta")

  func makeSecondReplica() async throws -> TourStep {
    let report = try await laptop.sync(with: newsroom)
    let status = try await laptop.read { try $0.status() }
    let counts = EntityType.allCases.map { "\(status.counts[$0] ?? 0) \($0.plural)" }.joined(separator: ", ")
    return TourStep(
      title: "A second replica",
      explanation: "Sync hands over the changes and texts that the other replica lacks. No server is needed.",
      commands: [Shell.command("init", "--archive", "laptop.dicta", "--device", "laptop"), Self.syncCommand],
      output: [
        .line(Phrase("\(report.received) changes and \(report.texts) texts come: \(counts)")),
        .line(try await digests()),
      ])
  }

  func editOffline() async throws -> TourStep {
    let (claim, article) = (try samples.claims.named("gates-closed"), try samples.articles.named("gazette-2025").id)
    try await edit(newsroom, "Noor", claim, "The Torvane gates were shut for five days in 2020.", article, tag: "hydrology")
    try await edit(laptop, "Jules", claim, "The Torvane gates were shut for a week in 2020.", article, tag: "post-room")
    var grid = Grid(elastic: 3, overflow: .wrapped)
    for (archive, author) in [(newsroom, "Noor"), (laptop, "Jules")] {
      for entity in [claim.reference, article.reference] {
        for entry in try await archive.read({ try $0.history(of: entity) }) where entry.author == author {
          grid.add(.quiet(entry.device), .strong(author), Phrase("\(entity.type) \(entry.field)"), entry.written)
        }
      }
    }
    return TourStep(
      title: "Both are edited offline",
      explanation: "Noor in the newsroom and Jules on a train tag the same article and reword the same claim.",
      commands: [
        Shell.command("edit", claim.short, "text=The Torvane gates were shut for five days in 2020.", "--author", "Noor"),
        Shell.command("edit", article.short, "tags+=post-room", "--archive", "laptop.dicta", "--author", "Jules"),
      ],
      moreCommands: 2, output: [.grid(grid), .line(try await digests())])
  }

  private func edit(_ archive: Archive, _ author: String, _ claim: Claim.ID, _ text: String, _ article: Article.ID, tag: ExactString) async throws {
    try await archive.write(author: author) { transaction in
      try transaction.update(claim) { $0.text = text }
    }
    try await archive.write(author: author) { transaction in
      try transaction.update(article) { $0.tags.insert(tag) }
    }
  }

  func meetAgain() async throws -> TourStep {
    let report = try await laptop.sync(with: newsroom)
    let (conflicts, tags) = try await newsroom.read { [article = try samples.articles.named("gazette-2025").id] transaction in
      (try transaction.conflicts(), try transaction.require(article).tags.sorted())
    }
    var grid = Grid(elastic: 1, overflow: .wrapped)
    grid.add("article tags", Phrase(tags.map { "“\($0)”" }.joined(separator: ", ")))
    for conflict in conflicts {
      let labels = [Phrase("\(conflict.entity.type) \(conflict.address?.description ?? "life")"), Phrase("conflict", .differing)]
      for (index, candidate) in conflict.candidates.enumerated() {
        grid.add(
          index < labels.count ? labels[index] : "", Phrase(candidate.value.words), .strong(candidate.author ?? ""), .quiet(candidate.device),
          .quiet(timeOfDay(candidate.writtenAt)))
      }
    }
    let traffic = Phrase("\(report.sent) changes go, \(report.received) come; ") + (try await digests())
    return TourStep(
      title: "They meet again",
      explanation: "No edit is lost. Both tags are there, and both wordings, the later one shown first.",
      commands: [Self.syncCommand, Shell.command("conflicts")], output: [.grid(grid), .line(traffic)])
  }

  func resolve() async throws -> TourStep {
    guard let conflict = try await laptop.read({ try $0.conflicts() }).first, let address = conflict.address,
      let kept = conflict.candidates.first(where: { $0.author == "Noor" })
    else { throw CommandFailure(.other, "the tour expected a conflict, and there is none") }
    let note = "the final report counts five days"
    try await laptop.write(author: "Jules", note: note) { try $0.resolve(address, of: conflict.entity, keeping: kept.version) }
    try await laptop.sync(with: newsroom)
    var grid = Grid(elastic: 1)
    for archive in [newsroom, laptop] {
      let (claim, status) = try await archive.read { [id = try samples.claims.named("gates-closed")] in (try $0.require(id), try $0.status()) }
      grid.add(.quiet(status.device), Phrase("“\(claim.text)”"), "\(status.conflicts) conflicts")
    }
    let version = String(kept.version.description.prefix(8))
    return TourStep(
      title: "Somebody decides",
      explanation: "Jules looks it up and keeps Noor’s wording. The decision is a change like any other.",
      commands: [
        Shell.command(
          "resolve", conflict.ending, address.description, "--keep", version, "--archive", "laptop.dicta", "--author", "Jules", "--change-note", note),
        Self.syncCommand,
      ],
      output: [.grid(grid), .line(try await digests())])
  }

  func lookBack() async throws -> TourStep {
    let claim = try samples.claims.named("gates-closed")
    let entries = try await newsroom.read { try $0.history(of: claim.reference) }
    var grid = Grid(elastic: 4, overflow: .wrapped)
    let creation = entries.first?.version
    for entry in entries where entry.field == "text" {
      let over = entry.old.count > 1 ? Phrase(", over \(entry.old.count) values: \(entry.note ?? "")", .quiet) : ""
      grid.add(
        .quiet(timeOfDay(entry.writtenAt)), .quiet(entry.device), .strong(entry.author ?? ""), entry.version == creation ? "create" : "set",
        entry.written + over)
    }
    return TourStep(
      title: "How it came to that", explanation: "Every change is kept, with who made it, when, where and why.",
      commands: [Shell.command("history", claim.short)], output: [.grid(grid)])
  }

  /// What both replicas hold, as far as a digest tells.
  private func digests() async throws -> Phrase {
    let (here, there) = (try await newsroom.read { try $0.status().digest }, try await laptop.read { try $0.status().digest })
    func short(_ digest: Digest) -> String { digest.description.prefix(12) + "…" }
    guard here != there else { return Phrase("digests: newsroom \(short(here)) = laptop \(short(there)), ") + Phrase("equal", .agreed) }
    return Phrase("digests: newsroom \(short(here)) ≠ laptop \(short(there)), ") + Phrase("not equal", .differing)
  }
}

/// `14:05:09.123`
private func timeOfDay(_ milliseconds: UInt64) -> String {
  String(isoTime(milliseconds).dropFirst(11).dropLast())
}
