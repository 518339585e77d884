// A process of its own that writes into an archive, for tests of several processes at once.
//
//   dicta-test-writer ARCHIVE TRANSACTIONS ENTITIES-PER-TRANSACTION LABEL
//
// Prints the number of each transaction once it is committed.

import DictaModels
import DictaStorage
import Foundation

@main
enum TestWriter {
  static func main() async {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let transactionCount = Int(arguments[2]), let entityCount = Int(arguments[3]) else {
      complain("usage: dicta-test-writer ARCHIVE TRANSACTIONS ENTITIES-PER-TRANSACTION LABEL")
      exit(64)
    }
    do {
      try await write(transactionCount, entityCount, label: arguments[4], into: Archive(at: arguments[1]))
    } catch {
      complain("\(error)")
      exit(1)
    }
  }

  private static func write(_ transactionCount: Int, _ entityCount: Int, label: String, into archive: Archive) async throws {
    for number in 1...transactionCount {
      try await archive.write(author: label) { transaction in
        for place in 1...entityCount {
          var claim = Claim(id: transaction.newID(), text: "\(label) \(number).\(place)")
          claim.tags = [ExactString(label)]
          try transaction.insert(claim)
        }
      }
      FileHandle.standardOutput.write(Data("\(number)\n".utf8))
    }
    try archive.close()
  }

  private static func complain(_ message: String) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
  }
}
