/// Something that is wrong with an archive, or strange.
public struct CheckProblem: Hashable, Sendable {
  /// A short name for scripts. What is damaged:
  ///
  /// - `sqlite`: SQLite itself finds the file damaged, or can't read a part of it, or its tables aren't those of an archive
  /// - `archive`: the archive's own row, or what is remembered of syncs, isn't what the log says
  /// - `name`: the table of names
  /// - `chain`: a change is missing, altered or out of place, or a branch isn't what the log says
  /// - `signature`: a change that was told to peers isn't proven
  /// - `text`: the words of a text aren't those its hash stands for, or it isn't held
  /// - `row`: an entity isn't what the log says, or can't be read
  /// - `reference`, `tally`, `digest`, `search`: what is kept beside the entities isn't what follows from them
  ///
  /// What does no harm:
  ///
  /// - `aside`: held, and without effect or meaning here
  /// - `anchor`: a quote that came from elsewhere points to where there are no words
  /// - `unreadable`: a living entity lacks what its type can't do without, and isn't shown
  /// - `unproven`: changes that were written here can't be signed
  /// - `missing`: it was held here, peers may have been told of it, and it is gone: this is an older copy, or the end of the
  ///   write-ahead log was damaged. What is here is sound, and a sync brings the rest
  /// - `skipped`: this wasn't looked at
  public let code: String
  public let place: String

  /// What it is, and what to do.
  public let message: String

  /// How many things it stands for: 1; of an incomplete run its changes; of what is left out of a long list, all of that.
  ///
  /// Those of the code `aside` add up to ``ArchiveStatus/aside``.
  public let count: Int

  init(_ code: Code, _ place: String, _ message: String, count: Int = 1) {
    self.code = code.rawValue
    self.place = place
    self.message = message
    self.count = count
  }
}

extension CheckProblem {
  /// Of an archive that can't even be opened.
  package static func unopenable(_ reason: String) -> CheckProblem {
    CheckProblem(.sqlite, "database", "it can't be opened (\(reason)): \(Advice.replace)")
  }

  enum Code: String, CaseIterable {
    case sqlite, archive, name, chain, signature, text, row, reference, tally, digest, search
    case aside, anchor, unreadable, unproven, missing, skipped

    var isHarmless: Bool {
      switch self {
      case .aside, .anchor, .unreadable, .unproven, .missing, .skipped: true
      case .sqlite, .archive, .name, .chain, .signature, .text, .row, .reference, .tally, .digest, .search: false
      }
    }
  }

  /// Whether nothing is known to be damaged.
  public var isHarmless: Bool { Code(rawValue: code)?.isHarmless ?? false }
}

/// The problems found so far. Of one code at most a thousand are kept, so that a long list of one kind hides no other.
struct CheckReport {
  static let limit = 1_000

  private var problems: [CheckProblem] = []
  private var kept: [CheckProblem.Code: Int] = [:]
  private var leftOut: [CheckProblem.Code: Int] = [:]

  mutating func add(_ code: CheckProblem.Code, _ place: String, _ message: @autoclosure () -> String, count: Int = 1) {
    guard kept[code, default: 0] < Self.limit else {
      leftOut[code, default: 0] += count
      return
    }
    kept[code, default: 0] += 1
    problems.append(CheckProblem(code, place, message(), count: count))
  }

  /// In the order in which they were found.
  var all: [CheckProblem] {
    problems
      + CheckProblem.Code.allCases.compactMap { code in
        leftOut[code].map { CheckProblem(code, "archive", "\($0) more like those before", count: $0) }
      }
  }
}

/// What to do, as people can: said at the end of a message.
enum Advice {
  /// Of what the log says: other replicas hold it too.
  static let restore = "restore a copy, or run `repair` with another replica as --from"

  /// Of what follows from the log, which is sound.
  static let rebuild = "the log is sound, so `repair` makes a new archive of it; or restore a copy"

  /// Of what can't be told from what it should be, as the log isn't sound or wasn't compared.
  static let replace = "run `repair`, or restore a copy"
}
