import DictaModels

/// What went wrong with an archive: what, where, what to do.
public enum ArchiveError: PassingError, Sendable, CustomStringConvertible {
  /// Nothing is at the path.
  case notFound(path: String)
  /// The folder that a new file should be in isn't there.
  case noFolder(path: String)
  /// Something is at the path, and it may not be overwritten.
  case alreadyThere(path: String)
  /// A directory, another program's file, or no database at all.
  case notAnArchive(path: String, reason: String)
  /// Written by a newer version of Dicta.
  case newerSchema(path: String, schemaVersion: Int, known: Int)
  /// SQLite or a hash of ours says that the file is damaged.
  case damaged(path: String, reason: String)
  case readOnly(path: String)
  case diskFull(path: String)
  /// The system refused to read or write the file.
  case inputOutput(path: String)
  /// Somebody removed or replaced the file while it was open here.
  case replaced(path: String)
  /// Another process has been writing for longer than the time-out.
  case locked(path: String)

  case noSuchEntity(Reference)
  case exists(Reference)
  /// It was deleted.
  case deleted(Reference)
  /// It can't be deleted while these refer to it.
  case inUse(Reference, by: [Reference])
  /// A local write refers to what isn't there or was deleted.
  case danglingReference(from: Reference, to: Reference)
  case badAnchor(Reference, AnchorError)
  case missingText(Reference, TextHash)
  /// A value or name over the limits of the format.
  case tooLarge(Reference, field: String, byteLimit: Int)
  /// A field can't have that name: it stands for something else in documents and histories.
  case reservedName(Reference, field: String)
  /// There is no conflict in that field, or it isn't a field.
  case noConflict(Reference, field: String)
  case noSuchVersion(Reference, field: String)
  /// The file was copied without its witness while it was being written: its last changes can't be signed, so nobody could take what
  /// is written on top of them.
  case unproven(count: Int)
  /// Not all is here any more of what so many changes said: `compact` has dropped what was overwritten.
  case dropped(changes: Int)
  /// No branch here is of that origin.
  case noSuchOrigin(Origin)
  /// This archive writes under that origin, so it can't be retired.
  case ownOrigin(Origin)
  /// The peer belongs to another corpus.
  case otherCorpus(ours: CorpusID, theirs: CorpusID)

  public var mayPass: Bool { if case .locked = self { true } else { false } }

  public var description: String {
    switch self {
    case .notFound(let path): "no archive at \(path): make one with `init`, or name another"
    case .noFolder(let path): "there is no folder \(path): make it first"
    case .alreadyThere(let path): "\(path) is there already: choose another path"
    case .notAnArchive(let path, let reason): "\(path) is not a Dicta archive (\(reason)); it was left as it is"
    case .newerSchema(let path, let version, let known):
      "\(path) was written by a newer version of Dicta (schema \(version), this one knows \(known)): update Dicta; the file was left as it is"
    case .damaged(let path, let reason):
      "\(path) is damaged (\(reason)): run `check`; `repair` makes a new archive of what is sound and of what peers hold"
    case .readOnly(let path): "\(path) can't be written: check the permissions of the file and its folder"
    case .diskFull(let path): "no room left on the disk of \(path): nothing of this transaction was kept; free some space and repeat it"
    case .inputOutput(let path):
      "\(path) can't be read or written (an I/O error): nothing of this transaction was kept; look at the disk and its limits, then run `check`"
    case .replaced(let path):
      "\(path) was removed or replaced while it was in use: what was written since isn't in it; begin again with what is there"
    case .locked(let path): "another process is writing \(path): try again"
    case .noSuchEntity(let entity): "there is no \(entity)"
    case .exists(let entity): "\(entity) exists already: change it with `update`"
    case .deleted(let entity): "\(entity) was deleted: restore it first"
    case .inUse(let entity, let users):
      "\(entity) is in use by \(users.prefix(3).map(\.description).joined(separator: ", "))\(users.count > 3 ? " and \(users.count - 3) more" : "")"
        + ": delete those first, or delete with everything that depends on it"
    case .danglingReference(let source, let target): "\(source) refers to \(target), which isn't here or was deleted"
    case .badAnchor(let entity, let error): "\(entity): \(error)"
    case .missingText(let entity, let hash): "\(entity) is anchored in text \(hash), which isn't here"
    case .tooLarge(let entity, let field, let byteLimit): "\(entity): \(field) is larger than \(byteLimit) bytes, or nested too deep"
    case .reservedName(let entity, let field): "\(entity): no field can be called \(field)"
    case .noConflict(let entity, let field): "\(entity) has no conflict in \(field)"
    case .noSuchVersion(let entity, let field): "\(entity) has no such version of \(field)"
    case .unproven(let count):
      "the key of the last \(count) changes here is lost: the archive was copied without its witness in the middle of writing, or the witness "
        + "is gone. They can't be proven, and nothing can be written on top of them. If this is a copy, sync the original, then this one; "
        + "else `repair` makes an archive in which they are written again"
    case .dropped(let count):
      "\(count) change\(count == 1 ? "" : "s") can't be told in full any more: `compact --drop-superseded` dropped what was overwritten; a replica that "
        + "holds nothing takes a snapshot instead"
    case .noSuchOrigin(let origin): "nothing here was written under the origin \(origin): `status` lists those there are"
    case .ownOrigin(let origin): "this archive writes under the origin \(origin) itself, so it can't be retired"
    case .otherCorpus(let ours, let theirs): "the archives belong to different corpora: \(ours) here, \(theirs) there"
    }
  }
}
