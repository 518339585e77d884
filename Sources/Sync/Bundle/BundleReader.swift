// The rules about which message may follow which in a bundle. This file knows no log and no file.

import DictaModels

/// Reads the messages of a bundle from its bytes, in whatever portions they come.
struct BundleReader {
  /// HELLO, HEADS, then CHANGES.
  enum Part {
    case hello(Hello)
    case heads([HeadName])
    case changes(Delivery)
  }

  private enum State { case hello, heads, changes, ended }

  private var state = State.hello
  private var frames = FrameReader(allowsCompression: true)
  private var byteCount = 0

  /// Which message was read last, counting from 1.
  private(set) var messageNumber = 0

  mutating func append(_ bytes: [UInt8]) {
    byteCount += bytes.count
    frames.append(bytes)
  }

  /// The next message; nil if it hasn't come as a whole, or was the last one.
  mutating func next() throws(BundleError) -> Part? {
    guard let message = try nextMessage() else { return nil }
    messageNumber += 1
    switch (state, message) {
    case (.hello, .hello(let hello)):
      if hello.mayAdopt { throw .sessionOnly("a wish to adopt", message: messageNumber) }
      if !hello.remembered.isEmpty { throw .sessionOnly("what it remembers", message: messageNumber) }
      guard hello.oldestVersion <= Hello.version, hello.newestVersion >= Hello.version else {
        throw .noCommonVersion(theirs: hello.oldestVersion)
      }
      state = .heads
      return .hello(hello)
    case (.heads, .heads(let heads)):
      if heads.base != nil { throw .sessionOnly("a base", message: messageNumber) }
      state = .changes
      return .heads(heads.names)
    case (.changes, .changes(let delivery)): return .changes(delivery)
    case (.changes, .end):
      state = .ended
      return try next()
    case (.ended, _): throw .goesOn(byteCount: byteCount)
    default: throw .unexpected(message.kind, message: messageNumber)
    }
  }

  private mutating func nextMessage() throws(BundleError) -> Message? {
    do {
      return try frames.next()
    } catch {
      if state == .ended { throw .goesOn(byteCount: error.offset) }
      throw messageNumber == 0 && error.offset == 0 ? .notABundle(error) : .malformed(error)
    }
  }

  /// To be called where the bytes end.
  func finish() throws(BundleError) {
    if byteCount == 0 { throw .notABundle(MalformedBytes(offset: 0, reason: "it is empty")) }
    guard state == .ended else { throw .cutOff(byteCount: byteCount) }
    guard frames.isAtBoundary else { throw .goesOn(byteCount: byteCount) }
  }
}
