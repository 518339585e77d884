import Foundation
import Synchronization

/// Something on this machine that answers connections as a test wants it.
final class SocketServer: Sendable {
  let port: UInt16
  private let socket: Int32
  private let heads = Mutex<[String]>([])

  /// The heads of the requests that came.
  var requests: [String] { heads.withLock { $0 } }

  /// - Parameter answer: gets a connection, and the head of its first request; on a thread of its own. The connection is closed behind it.
  init(_ answer: @escaping @Sendable (_ connection: Int32, _ head: String) -> Void) throws {
    #if canImport(Glibc)
    let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
    let socket = Foundation.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = Self.loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard isBound else { throw CLI.Missing(what: "a port to listen on") }
    (self.socket, port) = (socket, UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in
      while case let connection = accept(socket, nil, nil), connection >= 0 {
        Thread.detachNewThread { [self] in
          let head = Self.readHead(connection)
          heads.withLock { $0.append(head) }
          answer(connection, head)
          close(connection)
        }
      }
    }
  }

  func end() {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  /// Answers each request with a status and headers, and no body.
  static func answering(_ answers: @escaping @Sendable (_ path: String) -> String) throws -> SocketServer {
    try SocketServer { connection, head in
      let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
      let response = Array("HTTP/1.1 \(answers(path))\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
      _ = write(connection, response, response.count)
      shutdown(connection, Int32(SHUT_WR))
      // What is still coming is read, so that the answer isn't lost.
      var rest = [UInt8](repeating: 0, count: 65_536)
      while read(connection, &rest, rest.count) > 0 {}
    }
  }

  /// Makes tunnels, as a proxy does that is asked to CONNECT.
  static func tunnel(to port: UInt16) throws -> SocketServer {
    try SocketServer { connection, _ in
      #if canImport(Glibc)
      let target = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      #else
      let target = Foundation.socket(AF_INET, SOCK_STREAM, 0)
      #endif
      defer { close(target) }
      var address = loopback(port: port)
      let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(target, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
      }
      let words = Array("HTTP/1.1 \(isConnected ? "200 OK" : "502 Bad Gateway")\r\n\r\n".utf8)
      guard write(connection, words, words.count) == words.count, isConnected else { return }
      var bytes = [UInt8](repeating: 0, count: 65_536)
      while true {
        var ends = [pollfd(fd: connection, events: Int16(POLLIN), revents: 0), pollfd(fd: target, events: Int16(POLLIN), revents: 0)]
        guard poll(&ends, 2, -1) > 0 else { return }
        for (index, end) in ends.enumerated() where end.revents != 0 {
          let count = read(end.fd, &bytes, bytes.count)
          guard count > 0, write(ends[1 - index].fd, bytes, count) == count else { return }
        }
      }
    }
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func readHead(_ connection: Int32) -> String {
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]), read(connection, &byte, 1) == 1 { head.append(byte) }
    return String(decoding: head, as: UTF8.self)
  }
}
