#if Hub

import NIOCore

/// Closes a connection whose peer takes nothing of what is written to it for too long. Who only says nothing is the web server's business.
final class StalledWriteHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = NIOAny

  private let limit: TimeAmount
  private var pendingCount = 0
  private var check: Scheduled<Void>?

  init(limit: TimeAmount) {
    self.limit = limit
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
    pendingCount += 1
    if check == nil { schedule(context) }
    promise.futureResult.assumeIsolated().whenComplete { _ in
      self.pendingCount -= 1
      // What was taken shows that the peer is there.
      self.check?.cancel()
      self.check = nil
      if self.pendingCount > 0, context.channel.isActive { self.schedule(context) }
    }
    context.write(data, promise: promise)
  }

  private func schedule(_ context: ChannelHandlerContext) {
    check = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    check?.cancel()
    check = nil
  }
}

#endif
