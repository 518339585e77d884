import Foundation

extension ArchiveError {
  /// What it means to the owner of a file that the system refused something with this `errno`.
  static func system(_ code: Int32, path: String) -> ArchiveError {
    switch code {
    case ENOSPC, EDQUOT: .diskFull(path: path)
    case EACCES, EPERM, EROFS: .readOnly(path: path)
    default: .inputOutput(path: path)
    }
  }

  /// What it means that SQLite couldn't open, enlarge or sync something, of which it doesn't say why.
  static func unexplained(path: String) -> ArchiveError {
    let folder = ArchiveFile.folder(of: path)
    var room = statvfs()
    if statvfs(folder, &room) == 0, room.f_bavail == 0 { return .diskFull(path: path) }
    // SQLite needs files of its own beside the database.
    let mayWrite = access(folder, W_OK) == 0 && (access(path, F_OK) != 0 || access(path, W_OK) == 0)
    return mayWrite ? .inputOutput(path: path) : .readOnly(path: path)
  }
}
