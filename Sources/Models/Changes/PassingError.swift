/// An error that knows whether it may pass: whether the same thing, tried again after a while, may go well.
public protocol PassingError: Error {
  var mayPass: Bool { get }
}
