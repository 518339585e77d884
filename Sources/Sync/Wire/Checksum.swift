import DictaZlib

/// The CRC-32 of zlib, PNG and Ethernet: it shows that an unreliable line changed bytes. It shows no attacker.
struct Checksum {
  private(set) var value: UInt32 = 0

  init() {}

  init(of header: [UInt8], _ payload: ArraySlice<UInt8>) {
    add(header[...])
    add(payload)
  }

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    // zlib takes an address of nothing for the wish to begin anew.
    guard !bytes.isEmpty else { return }
    value = bytes.withUnsafeBufferPointer { UInt32(crc32(UInt(value), $0.baseAddress, UInt32($0.count))) }
  }
}
