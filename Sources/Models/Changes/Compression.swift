// zlib, as far as messages and packs of changes need it: one stream of bytes in, one out, both in memory.

import DictaZlib

/// zlib streams (RFC 1950) without a dictionary.
package enum Compression {
  /// - Parameter level: from 1, fast, to 9, small.
  /// - Complexity: O(*bytes*).
  package static func deflate(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    precondition((1...9).contains(level), "zlib has no level \(level)")
    return withStream { stream in
      let status = deflateInit_(stream, level, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      precondition(status == Z_OK, "zlib can't begin to compress: status \(status)")
      defer { deflateEnd(stream) }
      return bytes.withUnsafeBufferPointer { input in
        stream.pointee.take(input)
        let bound = Int(deflateBound(stream, UInt(input.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
          stream.pointee.fill(output)
          let status = DictaZlib.deflate(stream, Z_FINISH)
          precondition(status == Z_STREAM_END, "zlib needs more than its bound of \(bound) bytes: status \(status)")
          count = output.count - Int(stream.pointee.avail_out)
        }
      }
    }
  }

  /// - Parameter bytes: at most 32 kB.
  /// - Complexity: O(*bytes*), a quarter of what ``deflate(_:level:)`` takes at its fastest; the result is a quarter to a half larger.
  package static func deflateFast(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] { FastDeflate.deflate(bytes) }

  /// Restores what was deflated.
  ///
  /// - Parameter byteLimit: of what comes out; not a byte more is kept, however much the stream makes of itself.
  /// - Throws: for anything but one whole stream with nothing behind it.
  /// - Complexity: O(*bytes* + *result*).
  package static func inflate(_ bytes: [UInt8], byteLimit: Int) throws(MalformedBytes) -> [UInt8] {
    let (result, readByteCount, problem) = withStream { stream in
      bytes.withUnsafeBufferPointer { inflate($0, byteLimit: byteLimit, with: stream) }
    }
    if let problem { throw MalformedBytes(offset: readByteCount, reason: problem) }
    return result
  }

  /// Gives `body` what was deflated, where it is known how much that is: so zlib needs no room of its own.
  ///
  /// - Throws: for anything but one whole stream of so many bytes, with nothing behind it; or what `body` throws.
  package static func withInflated<Result>(
    _ input: UnsafeBufferPointer<UInt8>, byteCount: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    // zlib is faster as long as it has this much room.
    try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount + 512) { output in
      let isWhole = withStream { stream in
        let status = inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib can't begin to decompress: status \(status)")
        defer { inflateEnd(stream) }
        stream.pointee.take(input)
        stream.pointee.fill(output)
        return DictaZlib.inflate(stream, Z_FINISH) == Z_STREAM_END && stream.pointee.avail_in == 0 && stream.pointee.avail_out == 512
      }
      guard isWhole else { throw MalformedBytes(offset: 0, reason: "these don't inflate to \(byteCount) bytes") }
      return try body(UnsafeBufferPointer(rebasing: output[..<byteCount]))
    }
  }

  private static func inflate(
    _ input: UnsafeBufferPointer<UInt8>, byteLimit: Int, with stream: UnsafeMutablePointer<z_stream>
  ) -> (result: [UInt8], readByteCount: Int, problem: String?) {
    let status = inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib can't begin to decompress: status \(status)")
    defer { inflateEnd(stream) }
    stream.pointee.take(input)

    var result: [UInt8] = []
    let problem = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << 16) { chunk -> String? in
      while true {
        stream.pointee.fill(chunk)
        let status = DictaZlib.inflate(stream, Z_NO_FLUSH)
        let count = chunk.count - Int(stream.pointee.avail_out)
        guard count <= byteLimit - result.count else { return "this inflates to more than \(byteLimit) bytes" }
        result.append(contentsOf: chunk[..<count])
        switch status {
        case Z_STREAM_END: return stream.pointee.avail_in == 0 ? nil : "\(stream.pointee.avail_in) bytes stand behind the compressed ones"
        case Z_OK where count > 0 || stream.pointee.avail_in > 0: continue
        case Z_OK, Z_BUF_ERROR: return "compressed bytes are cut off"
        case Z_NEED_DICT: return "compressed bytes need a dictionary"
        case Z_DATA_ERROR: return "these are not compressed bytes: \(stream.pointee.msg.map { String(cString: $0) } ?? "no reason given")"
        default: preconditionFailure("zlib can't decompress: status \(status)")
        }
      }
    }
    return (result, input.count - Int(stream.pointee.avail_in), problem)
  }

  /// zlib keeps the address of the stream and refuses to work if it moves, so it gets one of its own.
  private static func withStream<Result>(_ work: (UnsafeMutablePointer<z_stream>) -> Result) -> Result {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer {
      stream.deinitialize(count: 1)
      stream.deallocate()
    }
    return work(stream)
  }
}

extension z_stream {
  /// Reads from these bytes. zlib's pointer is mutable only because C's older ones are.
  fileprivate mutating func take(_ input: UnsafeBufferPointer<UInt8>) {
    next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    avail_in = UInt32(input.count)
  }

  fileprivate mutating func fill(_ output: UnsafeMutableBufferPointer<UInt8>) {
    next_out = output.baseAddress
    avail_out = UInt32(output.count)
  }
}
