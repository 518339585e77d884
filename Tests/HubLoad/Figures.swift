import DictaModels

/// Figures in the order in which people read them: a line each, and then all of them as one line of JSON.
///
/// Whole numbers only; the unit is the last word of a figure's name.
struct Figures {
  private var rows: [(name: String, words: String, value: JSON)] = []

  /// - Parameter name: as in the JSON.
  mutating func add(_ name: String, _ words: String, _ value: Int) { rows.append((name, words, .integer(Int64(value)))) }
  mutating func add(_ name: String, _ words: String, _ value: String) { rows.append((name, words, .string(value))) }

  func say() {
    let width = rows.map(\.words.count).max() ?? 0
    for (_, words, value) in rows {
      let text = if case .string(let text) = value { text } else { Self.grouped("\(value)") }
      HubLoad.say(words + String(repeating: " ", count: width - words.count) + "  " + text)
    }
    HubLoad.say(JSON.object(JSONObject(rows.map { ($0.name, $0.value) })).description)
  }

  /// Digits in threes.
  private static func grouped(_ digits: String) -> String {
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}

extension Duration {
  var microseconds: Int { Int(components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000) }
  var milliseconds: Int { microseconds / 1000 }
}
