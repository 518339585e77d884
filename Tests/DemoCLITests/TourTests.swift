import DictaModels
import DictaStorage
import Foundation
import Testing

@testable import demo_cli

@Suite struct TourTests {
  @Test func theTourEndsWithEqualReplicas() async throws {
    let told = try await Desk().json("tour")
    #expect(told["equal"] == .bool(true))
    #expect(told["digest"]?.string?.count == 64)
    let steps = told["steps"]?.elements ?? []
    #expect(steps.count == 13)
    for step in steps {
      #expect(step["title"]?.string?.isEmpty == false)
      #expect(step["command"]?.string?.hasPrefix("demo-cli ") == true)
      #expect(step["output"]?.string?.isEmpty == false)
    }
  }

  @Test func theTourLeavesNothingBehind() async throws {
    let desk = try Desk()
    let temporary = desk.folder + "/temporary"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
    let outcome = try await desk.run("tour", environment: ["TMPDIR": temporary])
    #expect(outcome.status == 0, "\(outcome.stderr)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: desk.folder) == ["temporary"])
  }

  @Test func aPipedTourIsPlainTextInAHundredColumns() async throws {
    let outcome = try await Desk().run("tour", environment: ["NO_COLOR": ""])
    #expect(outcome.stderr.isEmpty)
    #expect(!outcome.stdout.contains("\u{1b}"))
    let lines = outcome.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count < 150)
    for line in lines { #expect(line.count <= 100 && line.last != " ", "\(line)") }
  }

  @Test func theTourSaysTheSameEachTimeButForIdsTimesAndDigests() async throws {
    func outline() async throws -> [String] {
      let told = try await Desk().json("tour")
      return (told["steps"]?.elements ?? []).flatMap { step in
        ["title", "command", "output"].map { (step[$0]?.string ?? "").replacing(/[0-9a-f]{6,}|[0-9:]{8}\.[0-9]{3}/, with: "·") }
      }
    }
    let (first, second) = (try await outline(), try await outline())
    #expect(first == second)
  }
}

@Suite struct SampleTests {
  @Test func everyAnnotationStandsInItsArticle() throws {
    for sample in Samples.quotes {
      let article = try #require(Samples.articles.first { $0.key == sample.article })
      let text = try ArticleText(article.text)
      let annotation = try SampleAnnotation(of: sample, in: text)
      func exact(_ anchor: Anchor) throws -> ExactString { ExactString(try text.exact(anchor)) }
      #expect(try annotation.segments.map(exact) == sample.texts.map { ExactString($0) }, "\(sample.key)")
      #expect(try annotation.mention.map(exact) == sample.mention.map { ExactString($0) }, "\(sample.key)")
      #expect(try annotation.cue.map(exact) == sample.cue.map { ExactString($0) }, "\(sample.key)")
      for beside in [annotation.mention, annotation.cue].compactMap(\.self) {
        #expect(annotation.segments.allSatisfy { beside.end <= $0.start || $0.end <= beside.start }, "\(sample.key)")
      }
    }
  }

  @Test func wordsAreFoundWhereTheSamplesMeanThem() throws {
    /// The words at an anchor, with what stands around them.
    func surroundings(_ key: String, _ anchor: (SampleAnnotation) -> Anchor?) throws -> String {
      let sample = try #require(Samples.quotes.first { $0.key == key })
      let text = try ArticleText(try #require(Samples.articles.first { $0.key == sample.article }).text)
      let found = try #require(anchor(try SampleAnnotation(of: sample, in: text)))
      return try text.prefix(of: found).suffix(6) + "|" + text.exact(found) + "|" + text.suffix(of: found).prefix(6)
    }
    #expect(try surroundings("p21-meltwater") { $0.segments.first } == "That \"|meltwater|\" was,")
    #expect(try surroundings("q21-ilveny-snowmelt") { $0.mention } == "elt,” |he| said,")
    #expect(try surroundings("g25-ilveny-drop") { $0.cue } == "t. “I |told| Mirel")
    #expect(try surroundings("q21-ossandar-shut") { $0.segments.last } == "dded, |the sluices were shut|.\n\nTha")
  }

  @Test func theSamplesMakeACorpusThatChecks() async throws {
    let desk = try Desk()
    let archive = try Archive(creatingAt: desk.folder + "/corpus.dicta", device: "desk")
    var loader = SampleLoader(archive)
    try await loader.addAll()
    #expect(try await archive.check() == [])
    let counts = try await archive.read { try $0.status().counts }
    #expect(counts[.article] == Samples.articles.count && counts[.speaker] == Samples.speakers.count)
    #expect(counts[.quote] == Samples.quotes.count && counts[.claim] == Samples.claims.count)
    #expect(counts[.stance] == Samples.stances.count)
    let repeated = SampleLoader(archive)
    await #expect(throws: ArchiveError.self) {
      var loader = repeated
      try await loader.addArticles()
    }
    try archive.close()
  }

  @Test func everyArticleHasTenQuotesOfSeveralKinds() {
    for article in Samples.articles {
      let quotes = Samples.quotes.filter { $0.article == article.key }
      #expect(quotes.count >= 10)
      #expect(Set(quotes.map(\.kind)).count >= 3)
    }
  }
}

@Suite struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func file(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test func theReadmeShowsTheExampleThatIsBuilt() throws {
    let example = try Self.file("Examples/Sources/quickstart/TenLines.swift")
    #expect(try Self.file("README.md").contains("```swift\n\(example)```"))
  }

  @Test func theReadmeShowsWhatTheTourPrints() async throws {
    func generic(_ text: String) -> [Substring] {
      text.replacing(/[0-9a-f]{6,}|[0-9:]{8}\.[0-9]{3}/, with: "·").split(separator: "\n")
    }
    let readme = try Self.file("README.md")
    let picture = try #require(readme.firstMatch(of: /```\n( 3 [\s\S]*?)```/))
    let tour = Set(generic(try await Desk().run("tour").stdout))
    let lines = generic(String(picture.1))
    #expect(lines.count > 40)
    #expect(lines.filter { !tour.contains($0) } == [])
  }
}
