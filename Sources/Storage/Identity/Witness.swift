// A file beside the database that only this replica has. If the database was copied, moved in from elsewhere or restored, the two don't
// fit each other any more, and the archive takes a new origin before it writes: two copies must never write as one.

import Crypto
import DictaModels
import Foundation

/// What stands in the witness: the device key, and marks that tell the database it belongs to.
struct Witness {
  static let suffix = "-witness"

  let identity: Identity

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

  /// Makes an identity for an archive and writes its witness.
  ///
  /// - Parameter former: the origin that the database still has, and is about to leave.
  static func begin(at path: String, leaving former: Origin? = nil, corpus: CorpusID, device: String, surroundings: Surroundings) throws
    -> ReplicaIdentity
  {
    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: surroundings.randomBytes(32))
    guard let publicKey = Bytes32(Array(key.publicKey.rawRepresentation)), let nonce = Bytes16(surroundings.randomBytes(16)) else {
      preconditionFailure("Ed25519 keys have 32 bytes")
    }
    let origin = Origin(corpus: corpus, publicKey: publicKey, nonce: nonce)
    var witness = Witness(
      identity: Identity(origin: origin, privateKey: Array(key.rawRepresentation)), machine: Self.machineMark, file: try fileMark(of: path))
    let known = read(beside: path).map { [$0.identity, $0.former].compactMap(\.self) } ?? []
    witness.former = known.first { $0.origin == former }
    try witness.write(beside: path)
    return ReplicaIdentity(origin: origin, publicKey: publicKey, nonce: nonce, device: device.cutToLabel)
  }

  /// Whether the database at the path is the one this witness was written for.
  func fits(_ info: ArchiveInfo, at path: String, in log: LogTable) throws -> Bool {
    guard identity.origin == info.identity.origin, machine == Self.machineMark, try file == Self.fileMark(of: path) else { return false }
    guard let published else { return true }
    guard let branch = info.branch else { return false }
    return try log.holds(published.id, at: Version(branch: branch, sequence: published.sequence))
  }

  /// Nil if there is none that can be read.
  static func read(beside path: String) -> Witness? {
    guard let data = FileManager.default.contents(atPath: path + suffix),
      case .object(let object)? = try? JSONReader.parse([UInt8](data)), case .string(let origin)? = object["origin"],
      case .string(let key)? = object["privateKey"], case .string(let machine)? = object["machine"], case .string(let file)? = object["file"],
      let originBytes = Hex.bytes(origin), let origin = Origin(bytes: originBytes), let privateKey = Hex.bytes(key), privateKey.count == 32
    else { return nil }
    var witness = Witness(identity: Identity(origin: origin, privateKey: privateKey), machine: machine, file: file)
    if case .object(let former)? = object["former"], case .string(let origin)? = former["origin"], case .string(let key)? = former["privateKey"],
      let origin = Hex.bytes(origin).flatMap({ Origin(bytes: $0) }), let privateKey = Hex.bytes(key), privateKey.count == 32
    {
      witness.former = Identity(origin: origin, privateKey: privateKey)
    }
    if case .object(let published)? = object["published"], case .integer(let sequence)? = published["sequence"],
      case .string(let id)? = published["id"], let sequence = UInt64(exactly: sequence), let id = Hex.bytes(id).flatMap({ ChangeID(bytes: $0) })
    {
      witness.published = Published(sequence: sequence, id: id)
    }
    return witness
  }

  /// Replaces the file in one step; only its owner may read it.
  func write(beside path: String) throws {
    var object = JSONObject([
      ("origin", .string(identity.origin.description)), ("privateKey", .string(Hex.string(identity.privateKey))), ("machine", .string(machine)),
      ("file", .string(file)),
    ])
    if let former {
      object.append(
        "former",
        .object(JSONObject([("origin", .string(former.origin.description)), ("privateKey", .string(Hex.string(former.privateKey)))])))
    }
    if let published {
      object.append(
        "published",
        .object(JSONObject([("sequence", .integer(Int64(published.sequence))), ("id", .string(published.id.description))])))
    }
    var writer = JSONWriter(pretty: true)
    writer.write(.object(object))
    let temporary = path + Self.suffix + ".new"
    try? FileManager.default.removeItem(atPath: temporary)
    let descriptor = Foundation.open(temporary, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    guard descriptor >= 0 else { throw ArchiveError.readOnly(path: path + Self.suffix) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try handle.write(contentsOf: Data(writer.bytes))
      try handle.synchronize()
      try handle.close()
    } catch {
      throw ArchiveError.diskFull(path: path + Self.suffix)
    }
    guard rename(temporary, path + Self.suffix) == 0 else { throw ArchiveError.readOnly(path: path + Self.suffix) }
    syncFolder(of: path)
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
