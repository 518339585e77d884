import DictaModels
import Foundation

/// What a token lets its bearer do with one corpus.
public struct HubToken: Codable, Hashable, Sendable, Identifiable {
  public enum Role: String, Codable, CaseIterable, Comparable, Sendable {
    /// Receives, and reads the page.
    case reader
    /// Also sends changes.
    case writer
    /// Also reads the hub's metrics.
    case admin

    public static func < (left: Role, right: Role) -> Bool {
      allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
  }

  /// Eight characters. They name it, and prove nothing.
  public let id: String
  public let corpus: CorpusID
  public let role: Role

  /// Nil: never.
  public let expires: Date?

  /// SHA-256 of the part that proves it.
  let secretHash: Data

  func hasExpired(at now: Date) -> Bool {
    expires.map { $0 <= now } ?? false
  }

  static let idLength = 8
  private static let idAlphabet = Array("abcdefghijklmnopqrstuvwxyz234567")

  static func randomID() -> String {
    var chance = SystemRandomNumberGenerator()
    return String((0..<idLength).map { _ in idAlphabet[Int(chance.next() % 32)] })
  }

  /// Whether a text that came from somewhere could be an id. Only then it may become part of a file's name.
  static func isID(_ text: some StringProtocol) -> Bool {
    text.count == idLength && text.allSatisfy(idAlphabet.contains)
  }
}
