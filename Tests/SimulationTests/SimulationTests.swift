import DictaSimulation
import DictaTestSupport
import Testing

/// Histories of several devices in one process, each from its seed. `make simulate SEEDS=…` lives through as many as one likes.
@Suite struct SimulationTests {
  @Test(arguments: 0..<UInt64(8)) func everyPromiseIsKept(seed: UInt64) async {
    await expectPromises(of: Scenario(seed: seed))
  }

  @Test func theSameSeedGivesTheSameHistory() async {
    let outcomes = [await Simulation.run(Scenario(seed: 3)), await Simulation.run(Scenario(seed: 3))]
    #expect(outcomes[0].trace == outcomes[1].trace)
    #expect(outcomes[0].trace.count > 50)
  }

  @Test func everyKindOfStepAndOfLineComesUp() async {
    let scenarios = (0..<UInt64(50)).map { Scenario(seed: $0) }
    for kind in Step.Kind.allCases where kind != .stranger {
      #expect(scenarios.contains { $0.steps.contains { $0.kind == kind } }, "\(kind)")
    }
    #expect(scenarios.allSatisfy { 50...400 ~= $0.steps.count { !Step.Kind.ofCompaction.contains($0.kind) } && 2...8 ~= $0.deviceCount })
    #expect(scenarios.contains { $0.traits.isDisjoint(with: [.badLines, .crashes, .copies]) })
  }

  @Test func packsComeIntoBeingAndSomethingIsDropped() async {
    var tally = Tally()
    for seed in 0..<UInt64(8) { tally += await Simulation.run(Scenario(seed: seed)).tally }
    #expect(tally.compactions > 4 && tally.packs > 20 && tally.droppedChanges > 0, "\(tally)")
  }

  @Test func whatSomebodyLacksIsRefusedWhereItWasDropped() async {
    let outcome = await Simulation.run(
      Scenario(
        seed: 6, deviceCount: 2, traits: [.hastyDrops],
        steps: [Step(.write, 0, 1), Step(.rewrite, 0, 1), Step(.sync, 0, 1), Step(.rewrite, 1, 2)] + (3..<9).map { Step(.rewrite, 0, $0) }
          + [Step(.drop, 0, 1), Step(.sync, 0, 1)]))
    for finding in outcome.findings { Issue.record(finding) }
    #expect(outcome.tally.droppedChanges > 0 && outcome.tally.refusals > 0, "\(outcome.trace)")
  }

  @Test func whatBreaksAPromiseIsFoundAndShrunk() async throws {
    var scenario = Scenario(seed: 1)
    scenario.steps.insert(Step(.stranger, 0, 7), at: 20)
    let finding = try #require(await Simulation.run(scenario).findings.first)
    #expect(finding.promise == .tamperEvident && finding.seed == 1)
    let shortest = await Simulation.shrunk(scenario, runLimit: 40)
    #expect(shortest.steps == [Step(.stranger, 0, 7)])
    #expect(await Simulation.run(shortest).findings.first?.promise == .tamperEvident)
    #expect(shortest.description.contains(".init(.stranger, 0, 0x7)"))
  }
}

/// Lives through a history, and fails with all that it broke.
func expectPromises(of scenario: Scenario) async {
  for finding in await Simulation.run(scenario).findings { Issue.record(finding) }
}
