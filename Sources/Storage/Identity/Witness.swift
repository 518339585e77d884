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

  /// How often the file was written, so that of its two lines the newer is known; 0 in the form that had only one.
  var count: Int64 = 1

  /// Whether it says what was written into it. If not, only its keys are of use: whether one is the right one can be told.
  private(set) var isWhole = true

  /// The same, with nothing but its keys to be believed.
  var distrusted: Witness {
    var witness = self
    (witness.published, witness.synced, witness.isWhole) = (nil, [], false)
    return witness
  }

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
    try WitnessFile.replace(beside: path, for: name, by: witness)
    return ReplicaIdentity(origin: origin, publicKey: publicKey, nonce: nonce, device: device.cutToLabel)
  }

  /// Whether the database at the path is the one this witness was written for.
  func fits(_ info: ArchiveInfo, at path: String, in log: LogTable) throws -> Bool {
    guard corpus == info.corpus, identity.origin == info.identity.origin, DeviceKey(self, of: info.identity) != nil, try isOfFile(at: path)
    else { return false }
    guard let published else { return true }
    guard let branch = info.branch else { return false }
    return try log.holds(published.id, at: Version(branch: branch, sequence: published.sequence))
  }

  /// Whether it can be believed, and was written on this machine for the very file at the path, whatever stands in that by now.
  func isOfFile(at path: String) throws -> Bool {
    try isWhole && machine == Self.machineMark && file == Self.fileMark(of: path)
  }

  /// Nil if there is none, or it is no witness, or somebody else's.
  ///
  /// - Throws: if the system can't read it just now: that is no reason to take it for lost, and the key with it.
  static func read(beside path: String) throws -> Witness? {
    var file = WitnessFile()
    return try file.read(beside: path)
  }

  /// Nil if it is no witness at all. One that isn't what was written is ``distrusted``.
  init?(json bytes: some Collection<UInt8>) {
    guard case .object(let object)? = try? JSONReader.parse(Array(bytes)), let identity = Identity(object),
      case .string(let corpus)? = object["corpus"],
      let corpus = CorpusID(corpus), case .string(let device)? = object["device"],
      case .string(let machine)? = object["machine"], case .string(let file)? = object["file"]
    else { return nil }
    self.init(identity: identity, corpus: corpus, device: device, machine: machine, file: file)
    if case .object(let former)? = object["former"] { self.former = Identity(former) }
    if case .object(let published)? = object["published"], case .integer(let sequence)? = published["sequence"],
      case .string(let id)? = published["id"], let sequence = UInt64(exactly: sequence), sequence < 1 << 40,
      let id = Hex.bytes(id).flatMap({ ChangeID(bytes: $0) })
    {
      self.published = Published(sequence: sequence, id: id)
    }
    if case .array(let heads)? = object["synced"] { synced = heads.compactMap(Head.init) }
    count = if case .integer(let count)? = object["count"] { count } else { 0 }
    // A flipped bit would have it know of changes that never were.
    if object["checksum"] != .string(Self.checksum(of: content)) { self = distrusted }
  }

  init(identity: Identity, corpus: CorpusID, device: String, machine: String, file: String) {
    (self.identity, self.corpus, self.device, self.machine, self.file) = (identity, corpus, device, machine, file)
  }

  /// As it stands in the file, in one line.
  var json: [UInt8] {
    let content = content
    var writer = JSONWriter()
    let marks = JSONObject([("machine", .string(machine)), ("file", .string(file)), ("checksum", .string(Self.checksum(of: content)))])
    writer.write(.object(marks))
    return content.dropLast() + [UInt8(ascii: ",")] + writer.bytes.dropFirst()
  }

  /// All but the marks: a mark that is wrong only gives the archive a new origin.
  ///
  /// As it is understood, so that a line moved by hand does no harm.
  private var content: [UInt8] {
    var object = JSONObject(count > 0 ? [("count", .integer(count))] : [])
    identity.append(to: &object)
    object.append("corpus", .string(corpus.description))
    object.append("device", .string(device))
    if let former {
      var members = JSONObject([])
      former.append(to: &members)
      object.append("former", .object(members))
    }
    if let published {
      object.append(
        "published",
        .object(JSONObject([("sequence", .integer(Int64(published.sequence))), ("id", .string(published.id.description))])))
    }
    if !synced.isEmpty { object.append("synced", .array(synced.map(\.json))) }
    var writer = JSONWriter()
    writer.write(.object(object))
    return writer.bytes
  }

  private static func checksum(of content: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(data: Array("dicta.witness\0".utf8))
    hash.update(data: content)
    return Hex.string(Array(hash.finalize()))
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

  fileprivate func append(to object: inout JSONObject) {
    object.append("origin", .string(origin.description))
    object.append("privateKey", .string(Hex.string(privateKey)))
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
