import DictaModels
import DictaStorage
import DictaSync
import DictaTestSupport

/// A session of two devices over a line, a little at a time.
struct SimulatedSession {
  let names: [String]
  private(set) var ends: [Endpoint<Archive>]
  private(set) var line: SimulatedLine
  private var random: SeededRandom

  /// Whether either device did something else meanwhile, or nobody can tell what it should come to.
  var isDisturbed = false

  /// Whether one of the two held nothing: it may adopt another corpus in the middle of the session, from somebody else.
  var hasNewcomer = false

  /// What each side held when it began: what it may have told the other one of itself is no more.
  var held: [MemoryReplica] = []

  /// How many changes each side has dropped something of that the other one lacked then: so many as it ever were at a time.
  var withheldCounts = [0, 0]

  /// Nobody said anything any more, and neither side had come to an end.
  private(set) var hasStalled = false

  init(_ caller: (name: String, archive: Archive), _ answerer: (name: String, archive: Archive), fault: SimulatedLine.Fault, chance: UInt64) {
    random = SeededRandom(seed: chance)
    names = [caller.name, answerer.name]
    let byteLimit = random.pick([1, 1000, 10_000, 1 << 20, 1 << 20])
    let isCompressed = random.happens(percent: 20)
    let nonces = [Bytes16.sixteen(random.next()), Bytes16.sixteen(random.next())]
    ends = [
      Endpoint(caller.archive, as: .caller, with: answerer.name, nonce: nonces[0], byteLimit: byteLimit, takesCompression: isCompressed),
      Endpoint(answerer.archive, as: .answerer, with: caller.name, nonce: nonces[1], byteLimit: byteLimit, takesCompression: isCompressed),
    ]
    line = SimulatedLine(fault, &random)
  }

  var isOver: Bool { ends.allSatisfy(\.isOver) }

  mutating func begin() async {
    await ends[0].call()
  }

  mutating func run() async {
    // Far more than any session takes: one that goes on for ever is found, and not waited for.
    var patience = 100_000
    while !isOver, patience > 0 {
      await advance()
      patience -= 1
    }
    if !isOver {
      hasStalled = true
      await cut()
    }
  }

  /// Lets something happen: a side says something, or hears something.
  mutating func advance() async {
    var choices: [(side: Int, speaks: Bool)] = []
    for side in 0...1 {
      if ends[side].hasSomethingToSay { choices.append((side, true)) }
      if line.hasNews(for: side), !ends[side].isOver { choices.append((side, false)) }
    }
    guard !choices.isEmpty else {
      // Both wait for each other, until somebody's patience ends.
      hasStalled = true
      line.cut()
      return
    }
    let choice = random.pick(choices)
    if choice.speaks {
      let bytes = await ends[choice.side].speak()
      line.put(bytes, from: choice.side, &random)
    } else {
      await ends[choice.side].hear(line.take(for: choice.side))
    }
    if ends[choice.side].isOver { line.end(choice.side) }
  }

  /// One of the two programs ends, or the line does.
  mutating func cut() async {
    line.cut()
    isDisturbed = true
    while !isOver { await advance() }
  }
}
