import DictaStorage
import DictaSync
import Foundation
import Subprocess
import SystemPackage

/// A first sync whose two sides are processes of their own, so that the memory of each is its own.
struct SyncApart {
  let trial: Trial

  /// What the side took that has everything.
  struct Source: Codable {
    let cpuSeconds: Double
    let peakMemoryBytes: Int
  }

  /// The side that has nothing. It starts the other.
  func run(_ path: String) async throws -> Figures {
    var meter = Meter()
    let base = try Archive(readingAt: trial.basePath(.dicta))
    let corpus = try await base.read { try $0.status().corpus }
    try base.close()
    var surroundings = Surroundings.system
    surroundings.takesSnapshots = false
    let target = try Archive(creatingAt: path, corpus: corpus, device: "benchmark", surroundings: surroundings)
    let (question, answer) = (try pipe(), try pipe())
    async let peer: Void = startSource(input: question.source, output: answer.target)
    let line = DescriptorLine(reading: answer.source.rawValue, writing: question.target.rawValue)
    let report = try await meter.measure {
      let report = try await target.sync(over: line, as: .caller, with: "there")
      try target.close()
      return report
    }
    try await peer
    guard report.isEqual else { throw DictaTrial.NotEqual() }
    let source = try JSONDecoder().decode(Source.self, from: Data(contentsOf: URL(fileURLWithPath: sourcePath)))
    var figures = Figures(meter, unitCount: trial.corpus.entityCount)
    figures.cpuSeconds += source.cpuSeconds
    figures.peerPeakMemoryBytes = source.peakMemoryBytes
    figures.wireBytes = report.bytesSent + report.bytesReceived
    return figures
  }

  /// The side that has everything, in a process of its own, whose standard input and output are the line.
  func serve() async throws {
    var meter = Meter()
    let archive = try Archive(at: trial.basePath(.dicta))
    let line = DescriptorLine(reading: STDIN_FILENO, writing: STDOUT_FILENO)
    _ = try await meter.measure { try await archive.sync(over: line, as: .answerer, with: "here") }
    try archive.close()
    let source = Source(cpuSeconds: meter.cpuSeconds, peakMemoryBytes: Meter.peakMemoryBytes)
    try JSONEncoder().encode(source).write(to: URL(fileURLWithPath: sourcePath))
  }

  private var sourcePath: String { "\(trial.folder)/source.json" }

  private func startSource(input: FileDescriptor, output: FileDescriptor) async throws {
    let result = try await Subprocess.run(
      .path(FilePath(try OwnProgram.path())), arguments: ["one", "serve", "dicta", "\(trial.corpus.articleCount)", trial.folder],
      input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .fileDescriptor(output, closeAfterSpawningProcess: true),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    guard result.terminationStatus == .exited(0) else { throw DictaTrial.NotEqual() }
  }

  /// Its ends are this process's own: one that is started holds none of them open.
  private func pipe() throws -> (source: FileDescriptor, target: FileDescriptor) {
    let ends = try FileDescriptor.pipe()
    for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    return (ends.readEnd, ends.writeEnd)
  }
}

/// This program.
enum OwnProgram {
  static func path() throws -> String { try Bundle.main.executablePath ?? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }
}
