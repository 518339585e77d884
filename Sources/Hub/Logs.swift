#if Hub

import Foundation
import DictaModels
import Logging

/// A line of JSON on standard error for each thing that is logged.
public struct JSONLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel = Logger.Level.info

  public init() {}

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
    var members: [(String, JSON)] = [
      ("time", .string(Date().ISO8601Format(.init(includingFractionalSeconds: true)))),
      ("level", .string(event.level.rawValue)), ("message", .string("\(event.message)")),
    ]
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where !["time", "level", "message"].contains(key) {
      members.append((key, .string("\(value)")))
    }
    FileHandle.standardError.write(Data(JSON.object(JSONObject(members)).encoded() + Array("\n".utf8)))
  }
}

#endif
