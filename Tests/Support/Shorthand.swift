// Short spellings for what tests write often.

import DictaModels

extension CellAddress {
  /// A field that is neither a set nor a map.
  public static func field(_ name: ExactString) -> CellAddress {
    CellAddress(field: name)
  }
}

extension Bytes16 {
  /// A number as sixteen bytes.
  public static func sixteen(_ number: UInt64) -> Bytes16 {
    let bytes = [UInt8](repeating: 0, count: 8) + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    guard let sixteen = Bytes16(bytes) else { preconditionFailure("eight and eight are sixteen") }
    return sixteen
  }
}

extension Bytes32 {
  /// A number as thirty-two bytes.
  public static func thirtyTwo(_ number: UInt64) -> Bytes32 {
    guard let thirtyTwo = Bytes32([UInt8](repeating: 0, count: 16) + Bytes16.sixteen(number).array) else {
      preconditionFailure("sixteen and sixteen are thirty-two")
    }
    return thirtyTwo
  }
}
