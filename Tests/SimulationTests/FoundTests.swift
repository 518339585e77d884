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

  /// Something was dropped after a session had begun to send it. The log's own error came through to one side, and the other was told only that
  /// its peer is unable.
  @Test func whatIsDroppedWhileItIsBeingSentEndsTheSessionWithTheErrorForThat() async {
    await expectPromises(
      of: Scenario(
        seed: 3200, deviceCount: 2, traits: [.newerVersions, .jumpingClocks],
        steps: [
          .init(.sync, 4, 0xef9e_10e4_3cdf_cc19), .init(.rewrite, 3, 0x50d0_b7c4_6b14_0346), .init(.call, 0, 0x5599_03cf_43e9_f528),
          .init(.write, 3, 0x39b1_fc5b_7acd_2736), .init(.call, 3, 0x569c_9e64_b40b_21ae), .init(.tick, 3, 0xeeba_aa38_3b99_980a),
          .init(.write, 5, 0xe0f_cad8_02e6_8a5a), .init(.write, 6, 0x3a7e_a26f_b036_383f), .init(.sync, 0, 0x4ca_8060_2982_177d),
          .init(.drop, 7, 0xb933_095a_a919_4944), .init(.tick, 7, 0x600e_62b9_c8cf_5ad5),
        ]))
    await expectPromises(
      of: Scenario(
        seed: 2295, deviceCount: 2, traits: [.frozenClocks],
        steps: [
          .init(.call, 5, 0xd6ba_a68d_0434_88cd), .init(.sync, 0, 0x75f9_cdbf_2b81_f322), .init(.call, 5, 0xf7df_1411_f5d2_4b98),
          .init(.call, 2, 0xb253_af49_69cd_35a2), .init(.write, 3, 0x54d5_d0cf_8692_740b), .init(.rewrite, 6, 0xe8a5_5e63_b3e4_9c47),
          .init(.tick, 6, 0x409_03e4_3ca8_332e), .init(.sync, 0, 0x3f81_3270_02b5_75db), .init(.write, 5, 0x6836_abc2_804a_1239),
          .init(.sync, 2, 0x5a34_4161_2ebd_6a09), .init(.tick, 3, 0x61df_0664_f62a_6bc2), .init(.drop, 0, 0xfc37_1e8d_8465_2a99),
          .init(.tick, 6, 0xd20e_9a65_62f0_c120),
        ]))
  }

  /// Something was dropped between what a peer said of its heads and what it is sent, because another session had shown meanwhile that the peer
  /// holds it. The session refuses without need, which is no harm; the simulator didn't know that.
  @Test func whatIsDroppedAfterAPeerSaidWhatItHoldsMayBeRefusedOnce() async {
    let outcome = await Simulation.run(
      Scenario(
        seed: 618, deviceCount: 2, traits: [.badLines, .newerVersions, .jumpingClocks],
        steps: [
          .init(.sync, 7, 0x311b_f5f0_219e_d8b2), .init(.call, 0, 0x6d40_4901_c012_9836), .init(.write, 5, 0x9ae4_ee85_a0ee_d0e2),
          .init(.tick, 4, 0x4ff4_24b3_1e88_0a53), .init(.rewrite, 7, 0x5631_b0e1_3ba6_c5df), .init(.sync, 1, 0x2325_391a_d1c7_54ba),
          .init(.drop, 2, 0x9364_4b88_fc89_5305), .init(.tick, 7, 0x1a0d_9a5c_177b_2c92),
        ]))
    for finding in outcome.findings { Issue.record(finding) }
    #expect(outcome.tally.refusals == 1 && outcome.tally.parted == 0)
  }
}
