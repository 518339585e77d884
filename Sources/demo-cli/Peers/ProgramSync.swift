import DictaStorage
import DictaSync
import Subprocess

extension Archive {
  /// Syncs with a program that answers on its standard input and output, and shows people what it says meanwhile.
  ///
  /// - Throws: ``CommandFailure``, in which the program's own words stand where nobody saw them.
  func sync(with program: PeerProgram, isJSON: Bool, options: SyncOptions, progress: SyncProgress) async throws -> SyncReport {
    let words = PeerWords { line in
      guard !isJSON else { return }
      progress.clear()
      Terminal.writeError(Style(for: .standardError).dim("peer:") + " \(line)\n")
    }
    let (result, ending): (Result<SyncReport, any Error>, ProcessLine.Ending)
    do {
      (result, ending) = try await ProcessLine.run(program.words, errors: words) { line in
        try await self.sync(over: line, as: .caller, with: program.address, options: options)
      }
    } catch let error as SubprocessError where error.code == .executableNotFound || error.code == .spawnFailed {
      throw CommandFailure(
        .unreachable, "\(program.words[0]) can't be run: it isn't there, or isn't a program", hint: "name another, or give its whole path")
    }
    switch result {
    case .success(let report): return report
    case .failure(let error as CancellationError): throw error
    case .failure(let error):
      // For people the words stand above already.
      throw PeerFailure(program: program, error: error, ending: ending, words: words.lines).failure(withWords: isJSON)
    }
  }

  /// Opens a peer that is named by its path.
  static func peer(at path: String) throws -> Archive {
    do {
      return try Archive(at: path)
    } catch ArchiveError.notFound {
      throw CommandFailure(.unreachable, "no archive at \(path)", hint: "name the path of another replica, exec:COMMAND or ssh://host/path")
    }
  }
}
