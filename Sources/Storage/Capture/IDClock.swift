/// The times of new ids: each later than the one before, whichever transaction asks, and even if the clock stands still or is set back.
struct IDClock {
  /// Milliseconds since 1970, and twelve bits that count behind them. Where these are used up, the time goes on by a millisecond that hasn't
  /// passed yet.
  private var last: UInt64 = 0

  mutating func next(at milliseconds: UInt64) -> (milliseconds: UInt64, count: UInt16) {
    last = max(last + 1, milliseconds << 12)
    return (last >> 12, UInt16(last & 0xfff))
  }
}
