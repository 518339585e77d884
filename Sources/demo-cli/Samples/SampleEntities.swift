// The shapes of the sample corpus: plain values that name each other by key, before there are ids, hashes or anchors.

struct SampleArticle: Sendable {
  let key: String
  let title: String
  let outlet: String
  let bylines: [String]
  let published: String
  let dateline: String?
  let language: String
  let url: String
  let text: String
}

struct SampleSpeaker: Sendable {
  let key: String
  let name: String
  let kind: String
  var aliases: [String] = []
  var externalIDs: [String: String] = [:]
  var tenures: [SampleTenure] = []
}

struct SampleTenure: Sendable {
  let role: String
  let organization: String?
  let from: String?
  let to: String?
}

/// Every word given here stands in the article byte for byte; compare `utf8`, since one name is spelled in two normal forms.
struct SampleQuote: Sendable {
  let key: String
  /// The article's key.
  let article: String
  /// The words of each segment, in the order of the article. Of a mixed quote: the whole clause, quotation marks included.
  let texts: [String]
  /// Which of the places where the first text stands, from 1. Every further text is the next one after the text before it.
  var occurrence = 1
  let kind: String
  /// A speaker's key.
  let speaker: String?
  /// The words that mention the source. Meant is the place nearest to a segment, outside all segments, as whole words (`he`, not `the`).
  let mention: String?
  let mentionKind: String?
  /// The role as this article states it, right or wrong, in its words.
  var role: String?
  /// The words that mark this as speech; the place is found like the mention's.
  var cue: String?
  /// The key of the quote in which this one is told.
  var parent: String?
  /// The key of the quote whose content this one is about.
  var contentOf: String?
  /// The key of a quote that reports the same act of speech.
  var sameUtteranceAs: String?
  var saidOn: String?
  var medium: String?
  var assertion = "said"
  /// Speakers' keys.
  var addressees: [String] = []
  /// False where the words, or some of them, are the reporter's.
  var verbatim = true
}

struct SampleClaim: Sendable {
  let key: String
  let text: String
  var context: String?
  var negationOf: String?
  var from: String?
  var to: String?
}

/// Held by a quote or by an article's own voice, never by both.
struct SampleStance: Sendable {
  let quote: String?
  let article: String?
  let claim: String
  let position: String
  var hedged = false
}
