/// Changes inputs that begin with some bytes of choices, and go on with fields.
public struct Mutator {
  /// How many bytes stand before the fields.
  let choiceByteCount: Int

  public init(choiceByteCount: Int) {
    self.choiceByteCount = choiceByteCount
  }

  public func change(_ bytes: [UInt8], byteLimit: Int, seed: UInt32) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(seed))
    // Now and then lengths and all may become anything.
    guard bytes.count > choiceByteCount, !random.happens(percent: 10) else { return mutated(bytes, byteLimit: byteLimit) }
    var choices = Array(bytes.prefix(choiceByteCount))
    if !choices.isEmpty, random.happens(percent: 10) { choices[Int(random.next() % UInt64(choices.count))] ^= 1 << UInt8(random.next() % 8) }
    var tree = FieldTree(Array(bytes.dropFirst(choiceByteCount)))
    repeat { tree.change(&random) } while random.happens(percent: 40)
    let changed = choices + tree.bytes
    return changed.count <= byteLimit ? changed : mutated(bytes, byteLimit: byteLimit)
  }

  public func cross(_ first: [UInt8], _ second: [UInt8], byteLimit: Int, seed: UInt32) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(seed))
    var tree = FieldTree(Array(first.dropFirst(choiceByteCount)))
    tree.take(from: FieldTree(Array(second.dropFirst(choiceByteCount))), &random)
    let crossed = Array(first.prefix(choiceByteCount)) + tree.bytes
    return crossed.count <= byteLimit ? crossed : first
  }

  /// Does what libFuzzer wants of its custom mutator.
  public func change(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, byteLimit: Int, seed: UInt32) -> Int {
    write(change(Array(UnsafeBufferPointer(start: data, count: count)), byteLimit: byteLimit, seed: seed), to: data, byteLimit: byteLimit)
  }

  private func write(_ bytes: [UInt8], to data: UnsafeMutablePointer<UInt8>, byteLimit: Int) -> Int {
    let count = min(bytes.count, byteLimit)
    _ = UnsafeMutableBufferPointer(start: data, count: count).update(fromContentsOf: bytes.prefix(count))
    return count
  }

  /// Does what libFuzzer wants of its custom crossing of two inputs.
  public func cross(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>, to data: UnsafeMutablePointer<UInt8>, byteLimit: Int, seed: UInt32
  ) -> Int {
    write(cross(Array(first), Array(second), byteLimit: byteLimit, seed: seed), to: data, byteLimit: byteLimit)
  }
}
