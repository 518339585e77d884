import Crypto
import DictaModels
import Foundation

/// The tokens of a hub: a file each in its folder, so that they are made and revoked while it runs.
///
/// What proves a token is never stored, only its hash.
public struct TokenStore: Sendable {
  private let folder: URL

  /// - Parameter directory: the hub's.
  public init(directory: String) {
    folder = URL(fileURLWithPath: directory, isDirectory: true).appendingPathComponent("tokens", isDirectory: true)
  }

  /// A token's file that can't be read as one.
  public struct Damaged: Error, CustomStringConvertible {
    public let path: String

    public var description: String { "\(path) is no token's file, or is damaged" }
  }

  // MARK: Making and revoking

  /// Makes a token.
  ///
  /// - Returns: the token, this once, and what is kept of it.
  public func create(corpus: CorpusID, role: HubToken.Role, expires: Date? = nil) throws -> (token: String, record: HubToken) {
    let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    while true {
      let record = HubToken(
        id: HubToken.randomID(), corpus: corpus, role: role, expires: expires, secretHash: Data(SHA256.hash(data: secret)))
      guard try write(record) else { continue }
      return ("dicta_\(record.id)_\(secret.base64URL)", record)
    }
  }

  /// All that were not revoked, by id.
  public func list() throws -> [HubToken] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    return try names.map { String($0.dropLast(5)) }.filter(HubToken.isID).sorted().compactMap(read)
  }

  /// - Returns: whether there was one.
  public func revoke(_ id: String) throws -> Bool {
    guard HubToken.isID(id), FileManager.default.fileExists(atPath: file(id).path) else { return false }
    try FileManager.default.removeItem(at: file(id))
    return true
  }

  // MARK: Proving

  /// The token that a text is; nil if it is none, or was revoked.
  ///
  /// - Complexity: reads one small file. So what was revoked a moment ago counts no more.
  func find(_ text: String) throws -> HubToken? {
    let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "dicta", HubToken.isID(parts[1]), let secret = Data(base64URL: parts[2]) else { return nil }
    guard let record = try read(String(parts[1])) else { return nil }
    // Compares in constant time.
    return SHA256.hash(data: secret) == record.secretHash ? record : nil
  }

  /// Whether a token counts still.
  func isValid(_ token: HubToken, at now: Date) throws -> Bool {
    try !token.hasExpired(at: now) && read(token.id)?.secretHash == token.secretHash
  }

  // MARK: Files

  private func file(_ id: String) -> URL { folder.appendingPathComponent(id + ".json") }

  private func read(_ id: String) throws -> HubToken? {
    guard FileManager.default.fileExists(atPath: file(id).path) else { return nil }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .millisecondsSince1970
    do {
      return try decoder.decode(HubToken.self, from: Data(contentsOf: file(id)))
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      return nil
    } catch is DecodingError {
      throw Damaged(path: file(id).path)
    }
  }

  /// - Returns: whether nothing of that id was there.
  private func write(_ record: HubToken) throws -> Bool {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .millisecondsSince1970
    let data = try encoder.encode(record)
    let path = file(record.id).path
    guard !FileManager.default.fileExists(atPath: path) else { return false }
    let temporary = path + ".new"
    guard FileManager.default.createFile(atPath: temporary, contents: data, attributes: [.posixPermissions: 0o600]) else {
      throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: path])
    }
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: temporary))
    try handle.synchronize()
    try handle.close()
    try FileManager.default.moveItem(atPath: temporary, toPath: path)
    return true
  }
}

extension Data {
  fileprivate var base64URL: String {
    base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  fileprivate init?(base64URL text: some StringProtocol) {
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    self.init(
      base64Encoded: text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/") + padding)
  }
}
