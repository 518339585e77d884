import DictaModels
import DictaStorage
import DictaSync

func tenLines(in folder: String) async throws {
  let archive = try Archive(creatingAt: folder + "/corpus.dicta")
  let text = try ArticleText("“The reservoir is full,” the minister said on Monday.")
  let claimID = try await archive.write { transaction in
    let article = Article(url: "https://example.org/reservoir", outlet: "Gazette", text: text)
    let words = try text.anchor(exact: "The reservoir is full")
    let quote = Quote(id: transaction.newID(), articleID: article.id, kind: .direct, segments: [.init(words)])
    let claim = Claim(id: transaction.newID(), text: "The reservoir was full in March 2021")
    let stance = Stance(holder: .quote(quote.id), claimID: claim.id, position: .supports)
    for entity in [article, quote, claim, stance] as [any Entity] { try transaction.insert(entity) }
    return claim.id
  }
  let positions = try await archive.read { try $0.positions(on: claimID) }
  for held in positions { print("\(held.article.outlet ?? "?"): a quote \(held.stance.position.rawValue) the claim") }

  let replica = try Archive(creatingAt: folder + "/replica.dicta")
  let report = try await replica.sync(with: archive)
  print("received \(report.received) change, equal: \(report.isEqual)")
}
