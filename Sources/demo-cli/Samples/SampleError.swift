/// What is wrong with the samples themselves.
enum SampleError: Error, CustomStringConvertible {
  case unknownKey(String)
  case noHolder(claim: String)
  /// No place for the words outside the quote's own segments.
  case noPlace(of: String, quote: String)

  var description: String {
    switch self {
    case .unknownKey(let key): "the samples name “\(key)”, which none of them is"
    case .noHolder(let claim): "a stance on “\(claim)” is held by nobody, or by two"
    case .noPlace(let words, let quote): "“\(words)” stands nowhere outside the words of \(quote)"
    }
  }
}

extension Dictionary where Key == String {
  /// What a key of the samples stands for.
  func named(_ key: String) throws -> Value {
    guard let value = self[key] else { throw SampleError.unknownKey(key) }
    return value
  }
}

extension Optional {
  func orUnknown(_ key: String) throws -> Wrapped {
    guard let self else { throw SampleError.unknownKey(key) }
    return self
  }
}
