import DictaModels
import DictaStorage

/// Who stands where on what, and when: a row for each contested claim and day, a column for each speaker.
struct StanceTable: Sendable {
  private struct Row: Sendable {
    let date: String
    var positions: [Speaker.ID: [String]] = [:]
  }

  private struct Dispute: Sendable {
    let claim: Claim
    var rows: [Row] = []
  }

  private struct Heard {
    let speaker: Speaker
    var count = 0
    var sides: [Claim.ID: Set<Stance.Position>] = [:]

    /// Claims that were both supported and denied.
    var changes: Int { sides.values.count { $0.isSuperset(of: [.supports, .denies]) } }
  }

  private var disputes: [Dispute] = []

  /// Those first who changed sides on a claim, then those with the most positions.
  private var speakers: [Speaker] = []

  private static let cellWidth = 9
  private static let dateWidth = 10

  /// Claims that somebody supports and somebody denies.
  init(_ transaction: ReadTransaction) throws {
    var heard: [Speaker.ID: Heard] = [:]
    for claim in try transaction.list(Claim.self) {
      let positions = try transaction.positions(on: claim.id)
      guard Tally(positions).isContested else { continue }
      var rows: [String: Row] = [:]
      for held in positions {
        guard let speaker = held.speaker, let date = held.date?.description else { continue }
        heard[speaker.id, default: Heard(speaker: speaker)].sides[claim.id, default: []].insert(held.stance.position)
        let position = held.stance.position.rawValue + (held.stance.isHedged ? "~" : "")
        // Two papers that report one utterance make one position of it.
        guard rows[date]?.positions[speaker.id]?.contains(position) != true else { continue }
        rows[date, default: Row(date: date)].positions[speaker.id, default: []].append(position)
        heard[speaker.id]?.count += 1
      }
      disputes.append(Dispute(claim: claim, rows: rows.values.sorted { $0.date < $1.date }))
    }
    speakers = heard.values.sorted { ($1.changes, $1.count, $0.speaker.id) < ($0.changes, $0.count, $1.speaker.id) }.map(\.speaker)
  }

  var claims: [Claim] { disputes.map(\.claim) }

  func lines(width: Int) -> [Phrase] {
    // Two fifths for the claims, so that few take more than three lines.
    let room = width * 3 / 5 - Self.dateWidth - 2
    let columns = Array(speakers.prefix(max(1, room / (Self.cellWidth + 2))))
    let claimWidth = width - Self.dateWidth - 2 - columns.count * (Self.cellWidth + 2)
    var grid = Grid()
    grid.add(tall: [[""], [""]] + columns.map { Self.heading($0) })
    for dispute in disputes {
      let rows = dispute.rows.filter { row in columns.contains { row.positions[$0.id] != nil } }
      // A claim is as tall as its rows together; each row is as tall as its fullest cell.
      var cells: [[Phrase]] = [Phrase(dispute.claim.text).wrapped(to: claimWidth), []] + columns.map { _ in [] }
      for row in rows {
        let height = columns.map { row.positions[$0.id]?.count ?? 0 }.max() ?? 0
        cells[1] += [.quiet(row.date)] + Array(repeating: "", count: height - 1)
        for (index, speaker) in columns.enumerated() {
          let positions = (row.positions[speaker.id] ?? []).map(Self.cell)
          cells[index + 2] += positions + Array(repeating: "", count: height - positions.count)
        }
      }
      grid.add(tall: cells)
    }
    var lines = grid.lines(width: width)
    let others = speakers.count - columns.count
    let isHedged = lines.contains { $0.text.contains("~") }
    let remarks = [isHedged ? "~ with reservations" : nil, others > 0 ? "\(others) more speakers take positions" : nil].compactMap(\.self)
    if !remarks.isEmpty { lines.append(.quiet(remarks.joined(separator: "; "))) }
    return lines
  }

  /// A name in two lines at most.
  private static func heading(_ speaker: Speaker) -> [Phrase] {
    let lines = Phrase(speaker.name, .strong).wrapped(to: cellWidth)
    return lines.count <= 2 ? lines : [lines[0], (lines[1] + "…").cut(to: cellWidth)]
  }

  private static func cell(_ position: String) -> Phrase {
    switch position.replacing("~", with: "") {
    case "supports": Phrase(position, .agreed)
    case "denies": Phrase(position, .differing)
    default: Phrase(position)
    }
  }
}

/// How often each position is taken on a claim.
struct Tally {
  private let counts: [Stance.Position: Int]

  init(_ positions: [HeldPosition]) {
    counts = positions.reduce(into: [:]) { $0[$1.stance.position, default: 0] += 1 }
  }

  subscript(position: Stance.Position) -> Int { counts[position] ?? 0 }

  /// Positions other than these.
  func others(than excluded: [Stance.Position]) -> Int {
    counts.filter { !excluded.contains($0.key) }.reduce(0) { $0 + $1.value }
  }

  /// Somebody supports it and somebody denies it. This is never stored.
  var isContested: Bool { self[.supports] > 0 && self[.denies] > 0 }
}
