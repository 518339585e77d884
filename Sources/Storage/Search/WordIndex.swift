/// The full-text indexes of an archive. They hold no words of their own, and the documents in them have the numbers of their entities' rows.
///
/// An entity's note has an index to itself: whoever sets one touches neither the words of the entity nor a text that they stand in.
enum WordIndex: String, CaseIterable {
  /// Of texts, titles, names, aliases, contexts and what quotes quote.
  case words = "search"
  case notes = "searchNote"

  /// The table.
  var name: String { rawValue }
}
