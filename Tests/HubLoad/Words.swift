import DictaTestSupport

/// Words that repeat about as much as those of a newspaper do.
enum Words {
  static func sentence(_ random: inout SeededRandom) -> String {
    let words = (0..<(6 + random.next() % 18)).map { _ in word(&random) }.joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  static func name(_ random: inout SeededRandom) -> String {
    "\(capital(&random)) \(capital(&random))"
  }

  private static func capital(_ random: inout SeededRandom) -> String {
    let word = made(&random)
    return word.prefix(1).uppercased() + word.dropFirst()
  }

  /// Every second one is one of the few that stand in every sentence.
  private static func word(_ random: inout SeededRandom) -> String {
    random.happens(percent: 45) ? random.pick(common) : made(&random)
  }

  /// One of some ten thousand, short ones more often.
  private static func made(_ random: inout SeededRandom) -> String {
    (0..<(1 + random.next() % 3)).map { _ in random.pick(syllables) }.joined()
  }

  private static let common = [
    "the", "of", "to", "and", "a", "in", "that", "for", "is", "was", "on", "with", "by", "not", "it", "be", "has", "from", "are", "had", "will",
    "its", "they", "would", "government", "minister", "water", "year", "people", "said",
  ]
  private static let syllables = [
    "ar", "ben", "cor", "dal", "en", "fir", "gol", "hem", "is", "jor", "kel", "lan", "mer", "nor", "os", "pra", "quin", "ros", "sta", "tor", "und",
    "ver", "wen", "yal", "zen",
  ]
}
