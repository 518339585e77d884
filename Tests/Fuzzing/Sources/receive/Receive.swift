// libFuzzer's entry points of the fuzzer of what an archive receives.

import Foundation
import LibFuzzer
import Mutation
@testable import Properties

private let archives: ReceiveProperties = {
  let folder = NSTemporaryDirectory() + "/dicta-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
  do {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return try ReceiveProperties(in: folder)
  } catch {
    fatalError("no archives in \(folder): \(error)")
  }
}()

/// What SwiftPM makes the program begin with. It makes seeds, if the environment says where, or runs.
@c(receive_main)
public func run(_ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
  Seeds.writeIfAsked(Seeds.deliveries)
  var (argumentCount, arguments) = (argumentCount, arguments)
  return LLVMFuzzerRunDriver(&argumentCount, &arguments, testOneInput)
}

@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Fuzzer.check(UnsafeBufferPointer(start: data, count: count)) { _ = try await archives.check($0) }
  return 0
}

@c(LLVMFuzzerCustomMutator)
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ byteLimit: Int, _ seed: UInt32) -> Int {
  Mutator(choiceByteCount: 0).change(data, count, byteLimit: byteLimit, seed: seed)
}

@c(LLVMFuzzerCustomCrossOver)
public func cross(
  _ first: UnsafePointer<UInt8>?, _ firstCount: Int, _ second: UnsafePointer<UInt8>?, _ secondCount: Int, _ data: UnsafeMutablePointer<UInt8>,
  _ byteLimit: Int, _ seed: UInt32
) -> Int {
  Mutator(choiceByteCount: 0).cross(
    UnsafeBufferPointer(start: first, count: firstCount), UnsafeBufferPointer(start: second, count: secondCount), to: data, byteLimit: byteLimit,
    seed: seed)
}
