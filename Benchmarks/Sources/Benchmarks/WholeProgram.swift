import Foundation
import Subprocess
import SystemPackage

/// The command-line program, from its start to its end.
enum WholeProgram {
  /// Half of `demo-cli status` takes less than that, of twenty; nil where the program isn't built, or is one from before that can't read the
  /// archive, as it says then.
  static func medianSeconds(_ program: String, archive: String) async throws -> Double? {
    guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
    var seconds: [Double] = []
    for _ in 0..<20 {
      let begin = ContinuousClock.now
      let result = try await Subprocess.run(
        .path(FilePath(URL(fileURLWithPath: program).path)), arguments: ["status", "--archive", archive], output: .discarded,
        error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
      seconds.append((ContinuousClock.now - begin).seconds)
      guard result.terminationStatus == .exited(0) else { return nil }
    }
    return seconds.sorted()[seconds.count / 2]
  }
}
