import DictaModels
import DictaStorage

/// The role that a paper states beside the offices that the speaker held on that day, and who held the stated office instead.
struct OfficeOnTheDay: Sendable {
  let day: PartialDate
  let outlet: String
  let speaker: Speaker
  let stated: String

  /// Offices that the speaker can have held that day.
  let held: [Speaker.Tenure]

  /// Whoever else held an office that day which goes by the stated role.
  let holders: [Holder]

  struct Holder: Sendable {
    let speaker: Speaker
    let tenure: Speaker.Tenure
  }

  /// Nil unless the quote has one known speaker whose role is stated.
  init?(_ quote: Quote, in transaction: ReadTransaction) throws {
    guard let source = quote.sources.first, let stated = source.roleAsStated, let id = source.speakerID,
      let article = try transaction.entity(quote.articleID), let day = quote.saidOn ?? article.publishedOn?.date
    else { return nil }
    let speaker = try transaction.require(id)
    self.day = day
    self.stated = stated
    self.speaker = speaker
    outlet = article.outlet ?? ""
    held = speaker.tenures.filter { $0.canInclude(day) }.sorted { $0.role < $1.role }
    holders = try transaction.list(Speaker.self).filter { $0.id != speaker.id }.flatMap { other in
      other.tenures.filter { $0.canInclude(day) && $0.isCalled(stated) }.map { Holder(speaker: other, tenure: $0) }
    }
  }

  /// Whether the paper gives an office that the speaker held.
  var agrees: Bool { held.contains { $0.isCalled(stated) } }
}

extension Speaker.Tenure {
  /// `Foreign Minister, Keshtria`
  var office: String { [role, organization].compactMap(\.self).joined(separator: ", ") }

  /// `2019-10-21 to 2025-02-16`, `since 2023-09-01`
  var span: String {
    switch (from, to) {
    case (let from?, let to?): "\(from) to \(to)"
    case (let from?, nil): "since \(from)"
    case (nil, let to?): "until \(to)"
    case (nil, nil): ""
    }
  }

  /// Whether words name this office: its role in full, and of its organization enough to tell whose it is.
  ///
  /// Papers write “Keshtrian” for Keshtria and leave out what the reader knows, so the beginning of the organization's name will do.
  fileprivate func isCalled(_ stated: String) -> Bool {
    let stated = stated.lowercased()
    guard stated.contains(role.lowercased()) else { return false }
    guard let organization else { return true }
    return stated.contains(organization.lowercased().dropLast())
  }
}
