import DictaModels

/// One step of the tour: what is done, why, how one would do it at the prompt, and what came of it.
struct TourStep: Sendable {
  enum Block: Sendable {
    /// Goes on in the next line where it is long.
    case line(Phrase)
    case grid(Grid)
    /// What needs to know how much room there is.
    case laidOut(@Sendable (_ width: Int) -> [Phrase])
  }

  let title: String
  let explanation: String

  /// Whole command lines, fit to be typed in the tour's folder.
  let commands: [String]

  /// How many more such commands the step took.
  var moreCommands = 0

  let output: [Block]

  /// What came of it, without colour.
  func outputLines(width: Int) -> [Phrase] {
    output.flatMap { block in
      switch block {
      case .line(let phrase): phrase.wrapped(to: width, hanging: 2)
      case .grid(let grid): grid.lines(width: width)
      case .laidOut(let lines): lines(width)
      }
    }
  }
}

/// Steps as people read them: the number in the margin, everything else in one column.
struct TourPage {
  let width: Int
  let style: Style

  private static let margin = 3

  var opening: String {
    let lines =
      [Phrase.strong("Dicta: who said what, where, and where it stands")]
      + Phrase("Three invented reports become a corpus. Two replicas are edited offline, synced, and made equal.")
      .wrapped(to: width)
    return lines.map { $0.styled(style) + "\n" }.joined()
  }

  var closing: String {
    Phrase("The folder in which all this happened is gone. Your own corpus begins with `demo-cli init`.", .quiet)
      .wrapped(to: width).map { $0.styled(style) + "\n" }.joined()
  }

  func text(_ step: TourStep, number: Int) -> String {
    let room = width - Self.margin
    let label = "\(number)"
    let margin = String(repeating: " ", count: Self.margin)
    var lines = [Phrase(String(repeating: " ", count: 2 - label.count) + label + " ", .quiet) + .strong(step.title)]
    lines += Phrase(step.explanation).wrapped(to: room).map { Phrase(margin) + $0 }
    for (index, command) in step.commands.enumerated() {
      let isLast = index == step.commands.count - 1
      let more = isLast && step.moreCommands > 0 ? "  (and \(step.moreCommands) more)" : ""
      lines.append(Phrase(margin) + Phrase("$ ", .quiet) + Phrase(command, .quiet).cut(to: room - 2 - more.count) + .quiet(more))
    }
    lines += step.outputLines(width: room).map { Phrase(margin) + $0 }
    return lines.map { $0.styled(style) }.joined(separator: "\n") + "\n"
  }
}

extension TourStep {
  /// `{title, command, output}`, laid out in a hundred columns.
  var json: JSON {
    .object([
      "title": .string(title), "command": .string(commands.joined(separator: "\n")),
      "output": .string(outputLines(width: 100).map(\.text).joined(separator: "\n")),
    ])
  }
}
