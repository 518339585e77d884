/// What stands behind the program's name: words, and options as NAME=VALUE.
struct Options: Sendable {
  private(set) var words: [String] = []
  private var values: [String: String] = [:]

  init(_ arguments: some Sequence<String>) {
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { values[parts[0]] = parts[1] } else { words.append(argument) }
    }
  }

  subscript(_ name: String) -> String? { values[name] }

  /// A whole number that isn't negative, or the one that stands for it if it is left out.
  func number(_ name: String, or usual: Int) throws -> Int {
    guard let text = values[name] else { return usual }
    guard let number = Int(text), number >= 0 else { throw Unusable(name: name, value: text) }
    return number
  }

  struct Unusable: Error, CustomStringConvertible {
    let name: String
    let value: String

    var description: String { "\(name)=\(value) is no number" }
  }
}
