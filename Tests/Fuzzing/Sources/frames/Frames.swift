// libFuzzer's entry points of the fuzzer of frames and messages.

import LibFuzzer
import Mutation
@testable import Properties

/// What SwiftPM makes the program begin with. It makes seeds, if the environment says where, or runs.
@c(frames_main)
public func run(_ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
  Seeds.writeIfAsked(Seeds.frames)
  var (argumentCount, arguments) = (argumentCount, arguments)
  return LLVMFuzzerRunDriver(&argumentCount, &arguments, testOneInput)
}

@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Fuzzer.check(UnsafeBufferPointer(start: data, count: count)) { try FrameProperties.check($0) }
  return 0
}

@c(LLVMFuzzerCustomMutator)
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ byteLimit: Int, _ seed: UInt32) -> Int {
  Mutator(choiceByteCount: 2).change(data, count, byteLimit: byteLimit, seed: seed)
}

@c(LLVMFuzzerCustomCrossOver)
public func cross(
  _ first: UnsafePointer<UInt8>?, _ firstCount: Int, _ second: UnsafePointer<UInt8>?, _ secondCount: Int, _ data: UnsafeMutablePointer<UInt8>,
  _ byteLimit: Int, _ seed: UInt32
) -> Int {
  Mutator(choiceByteCount: 2).cross(
    UnsafeBufferPointer(start: first, count: firstCount), UnsafeBufferPointer(start: second, count: secondCount), to: data, byteLimit: byteLimit,
    seed: seed)
}
