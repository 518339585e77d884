// A file beside the database that only this replica has. If the database was copied, moved in from elsewhere or restored, the two don't
// fit each other any more, and the archive takes a new origin before it writes: two copies must never write as one.

import Crypto
import DictaModels
import Foundation

/// What stands in the witness: the device key, and marks that tell the database it belongs to.
struct Witness {
  static let suffix = "-witness"

  let identity: Identity

  let corpus: CorpusID

  /// The label under which people know this replica.
  let device: String

  /// The origin before: until the database has left it for good, its last changes may still have to be signed.
  var former: Identity?

  struct Identity {
    let origin: Origin

    /// Ed25519, 32 bytes; it never leaves this file.
    let privateKey: [UInt8]
  }

  /// The computer and the file: device and inode numbers of the database.
  let machine: String
  let file: String

  /// The last change of its own that a peer was told of. A database that doesn't hold it was restored from an older copy.
  var published: Published?

  struct Published: Equatable {
    let sequence: UInt64
    let id: ChangeID
  }

  /// What peers may rely on that this replica holds: heads that could be told when everything was synced to the disk last, those of the
  /// branches that had grown last. A database that lacks one of them lost it, and it stays here until it is held again.
  ///
  /// It is noted behind the commit, so it never knows of anything that a power cut takes back.
  var synced: [Head] = []

  /// Whether it says what was written into it. If not, only its keys are of use: whether one is the right one can be told.
  private(set) var isWhole = true

  /// Makes an identity for an archive and writes its witness.
  ///
  /// - Parameters:
  ///   - name: the archive that errors name, if it gets its real name only later.
  ///   - former: the origin that the database still has, and is about to leave.
  static func begin(
    at path: String, for name: String? = nil, leaving former: Origin? = nil, corpus: CorpusID, device: String, surroundings: Surroundings
  ) throws -> ReplicaIdentity {
    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: surroundings.randomBytes(32))
    guard let publicKey = Bytes32(Array(key.publicKey.rawRepresentation)), let nonce = Bytes16(surroundings.randomBytes(16)) else {
      preconditionFailure("Ed25519 keys have 32 bytes")
    }
    let origin = Origin(corpus: corpus, publicKey: publicKey, nonce: nonce)
    var witness = Witness(
      identity: Identity(origin: origin, privateKey: Array(key.rawRepresentation)), corpus: corpus, device: device.cutToLabel,
      machine: Self.machineMark, file: try fileMark(of: path))
    if let old = try read(beside: path) {
      witness.former = [old.identity, old.former].compactMap(\.self).first { $0.origin == former }
      // What a restored or damaged database lacks isn't forgotten with its origin.
      if old.corpus == corpus { witness.synced = old.synced }
    }
    try witness.write(beside: path, for: name)
    return ReplicaIdentity(origin: origin, publicKey: publicKey, nonce: nonce, device: device.cutToLabel)
  }

  /// Whether the database at the path is the one this witness was written for.
  func fits(_ info: ArchiveInfo, at path: String, in log: LogTable) throws -> Bool {
    guard isWhole, identity.origin == info.identity.origin, DeviceKey(self, of: info.identity) != nil, machine == Self.machineMark,
      try file == Self.fileMark(of: path)
    else { return false }
    guard let published else { return true }
    guard let branch = info.branch else { return false }
    return try log.holds(published.id, at: Version(branch: branch, sequence: published.sequence))
  }

  /// Nil if there is none, or it is no witness, or somebody else's.
  ///
  /// - Throws: if the system can't read it just now: that is no reason to take it for lost, and the key with it.
  static func read(beside path: String) throws -> Witness? {
    guard let bytes = try bytes(of: path), case .object(let object)? = try? JSONReader.parse(bytes), let identity = Identity(object),
      case .string(let corpus)? = object["corpus"],
      let corpus = CorpusID(corpus), case .string(let device)? = object["device"],
      case .string(let machine)? = object["machine"], case .string(let file)? = object["file"]
    else { return nil }
    var witness = Witness(identity: identity, corpus: corpus, device: device, machine: machine, file: file)
    if case .object(let former)? = object["former"] { witness.former = Identity(former) }
    if case .object(let published)? = object["published"], case .integer(let sequence)? = published["sequence"],
      case .string(let id)? = published["id"], let sequence = UInt64(exactly: sequence), sequence < 1 << 40,
      let id = Hex.bytes(id).flatMap({ ChangeID(bytes: $0) })
    {
      witness.published = Published(sequence: sequence, id: id)
    }
    if case .array(let heads)? = object["synced"] { witness.synced = heads.compactMap(Head.init) }
    if object["checksum"] != .string(witness.checksum) {
      // A flipped bit would have it know of changes that never were.
      (witness.published, witness.synced, witness.isWhole) = (nil, [], false)
    }
    return witness
  }

  private static func bytes(of path: String) throws -> [UInt8]? {
    let descriptor = Foundation.open(path + suffix, O_RDONLY)
    guard descriptor >= 0 else {
      if [ENOENT, ENOTDIR, EACCES, EPERM].contains(errno) { return nil }
      throw ArchiveError.system(errno, path: path + suffix)
    }
    defer { Foundation.close(descriptor) }
    var bytes: [UInt8] = []
    var portion = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &portion, portion.count)
      if count < 0, errno != EINTR { throw ArchiveError.system(errno, path: path + suffix) }
      if count == 0 { return bytes }
      bytes += portion.prefix(max(0, count))
      // Nobody writes one that large.
      guard bytes.count <= 1 << 20 else { return nil }
    }
  }

  /// Replaces the file in one step; only its owner may read it.
  ///
  /// - Parameters:
  ///   - name: the archive that errors name, if it gets its real name only later.
  ///   - isLasting: whether a power cut may not bring the one before back.
  func write(beside path: String, for name: String? = nil, isLasting: Bool = true) throws {
    var object = content
    object.append("machine", .string(machine))
    object.append("file", .string(file))
    object.append("checksum", .string(checksum))
    var writer = JSONWriter(pretty: true)
    writer.write(.object(object))
    let temporary = path + Self.suffix + ".new"
    try? FileManager.default.removeItem(atPath: temporary)
    let descriptor = Foundation.open(temporary, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    guard descriptor >= 0 else { throw ArchiveError.system(errno, path: (name ?? path) + Self.suffix) }
    do {
      defer { Foundation.close(descriptor) }
      try Self.write(writer.bytes, to: descriptor, of: name ?? path)
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path + Self.suffix) == 0 else {
      let code = errno
      unlink(temporary)
      throw ArchiveError.system(code, path: (name ?? path) + Self.suffix)
    }
    if isLasting { syncFolder(of: path) }
  }

  /// All but the marks: a mark that is wrong only gives the archive a new origin.
  private var content: JSONObject {
    var object = identity.json
    object.append("corpus", .string(corpus.description))
    object.append("device", .string(device))
    if let former { object.append("former", .object(former.json)) }
    if let published {
      object.append(
        "published",
        .object(JSONObject([("sequence", .integer(Int64(published.sequence))), ("id", .string(published.id.description))])))
    }
    if !synced.isEmpty { object.append("synced", .array(synced.map(\.json))) }
    return object
  }

  /// Over the content as it is understood, so that a line moved by hand does no harm.
  private var checksum: String {
    var writer = JSONWriter(pretty: false)
    writer.write(.object(content))
    return Hex.string(Array(SHA256.hash(data: Array("dicta.witness\0".utf8) + writer.bytes)))
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, of path: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 || errno == EINTR else { throw ArchiveError.system(errno, path: path + suffix) }
      rest = rest.dropFirst(max(0, count))
    }
    guard fsync(descriptor) == 0 else { throw ArchiveError.system(errno, path: path + suffix) }
  }

  /// A file that was renamed is safe once its folder is synced. Where folders can't be, nothing better can be done.
  private func syncFolder(of path: String) {
    let descriptor = Foundation.open(ArchiveFile.folder(of: path), O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    Foundation.close(descriptor)
  }

  private static func fileMark(of path: String) throws -> String {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let device = (attributes[.systemNumber] as? NSNumber)?.uint64Value ?? 0
    let inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
    return "\(device)/\(inode)"
  }

  private static let machineMark: String = {
    let id = FileManager.default.contents(atPath: "/etc/machine-id").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return id.trimmingCharacters(in: .whitespacesAndNewlines) + "/" + ProcessInfo.processInfo.hostName
  }()
}

extension Witness.Identity {
  fileprivate init?(_ object: JSONObject) {
    guard case .string(let origin)? = object["origin"], case .string(let key)? = object["privateKey"],
      let origin = Hex.bytes(origin).flatMap({ Origin(bytes: $0) }), let privateKey = Hex.bytes(key), privateKey.count == 32
    else { return nil }
    self.init(origin: origin, privateKey: privateKey)
  }

  fileprivate var json: JSONObject {
    JSONObject([("origin", .string(origin.description)), ("privateKey", .string(Hex.string(privateKey)))])
  }
}

extension Head {
  fileprivate init?(_ json: JSON) {
    guard case .object(let object) = json, case .string(let origin)? = object["origin"], case .integer(let sequence)? = object["sequence"],
      case .string(let id)? = object["id"], let origin = Hex.bytes(origin).flatMap({ Origin(bytes: $0) }), let sequence = UInt64(exactly: sequence),
      sequence < 1 << 40,
      let id = Hex.bytes(id).flatMap({ ChangeID(bytes: $0) })
    else { return nil }
    self.init(origin: origin, sequence: sequence, id: id)
  }

  fileprivate var json: JSON {
    .object(JSONObject([("origin", .string(origin.description)), ("sequence", .integer(Int64(sequence))), ("id", .string(id.description))]))
  }
}

extension Surroundings {
  func randomBytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count { withUnsafeBytes(of: random()) { bytes += $0 } }
    return Array(bytes.prefix(count))
  }
}

extension String {
  /// A device label has at most 256 bytes.
  fileprivate var cutToLabel: String {
    var label = self
    while label.utf8.count > 256 { label.removeLast() }
    return label
  }
}
