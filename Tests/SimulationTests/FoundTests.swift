import DictaSimulation
import Testing

/// Histories that once broke a promise, as short as they could be made.
@Suite struct FoundTests {
  /// What a full change had in it was taken back, or not there yet, and a change that does nothing was sealed, which nobody takes.
  @Test func aFullChangeInWhichNothingIsLeftIsNotSealed() async {
    await expectPromises(
      of: Scenario(
        seed: 1, deviceCount: 2, traits: [.badLines, .crashes, .newerVersions, .jumpingClocks], steps: [.init(.write, 6, 0x2ff0_5502_e91b_3f08)]))
  }
}
