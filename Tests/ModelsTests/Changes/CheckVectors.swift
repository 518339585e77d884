import DictaTestSupport
import Testing

@testable import DictaModels

/// What an invalid vector breaks, where nothing throws by itself.
struct Broken: Error {
  let rule: String

  init(_ rule: String) {
    self.rule = rule
  }
}

/// Compares a file with what is generated; then that valid vectors are read, and invalid ones are refused.
///
/// - Parameters:
///   - volatile: keys whose values differ each time they are generated.
///   - reasons: what the errors say of the invalid ones, by their names: each is refused for its own reason and no other.
func checkVectors(
  _ file: String, _ generated: [JSONObject], volatile: Set<String> = [], reasons: [String: String] = [:], _ decode: (JSONObject) throws -> Void
) throws {
  let vectors = try VectorFile(name: file).vectors(generated: generated)
  #expect(vectors.map { $0.string("name") } == generated.map { $0.string("name") })
  #expect(Set(vectors.map { $0.string("name") }).count == vectors.count, "\(file): names are unique")
  for (vector, expected) in zip(vectors, generated) {
    let name = vector.string("name")
    #expect(vector.without(volatile) == expected.without(volatile), "\(file): \(name) is not what is generated")
    if vector.isValid {
      #expect(throws: Never.self, "\(file): \(name)") { try decode(vector) }
      continue
    }
    do {
      try decode(vector)
      Issue.record("\(file): \(name) is taken")
    } catch {
      if let reason = reasons[name] { #expect("\(error)".contains(reason), "\(file): \(name) is refused: \(error)") }
    }
  }
}

extension JSONObject {
  fileprivate func without(_ keys: Set<String>) -> JSONObject {
    JSONObject(members.filter { !keys.contains($0.key) }.map { ($0.key, $0.value) })
  }
}
