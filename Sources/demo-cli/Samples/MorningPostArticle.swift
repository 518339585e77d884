// The same talks as one side's newspaper tells them: partisan, straight quotes, other words for the same sentences, and no accents.

extension Samples {
  static let morningPostArticle = SampleArticle(
    key: "morning-post-2021",
    title: "Ossandar meets a wall of denial over Torvane",
    outlet: "Varlin Morning Post",
    bylines: ["Edda Kolmarsh"],
    published: "2021-03-10",
    dateline: nil,
    language: "en",
    url: "https://morningpost.example/politics/ossandar-wall-of-denial",
    text: #"""
      Foreign Minister Mirelle Ossandar came home from Port Calder on Wednesday with a promise of daily river readings and without an answer to the question the rice plain has been asking since September: who drank the Ashkel?

      The culprit stands 90 meters high. The reservoir behind Belmora's Torvane Dam swallowed more than a third of the river during its first "technical" filling, and anyone who doubts it may walk across the paddies at Dessa in dry shoes.

      Radu Ilveny, Belmora's foreign minister, would have none of it. "We kept the meltwater, nothing but the meltwater ... and no field in Keshtria dried up on our account," he told reporters through an interpreter after Tuesday's talks. That "meltwater" was, by the Dessa gauges, 38 percent of a river.

      "A loss of thirty-eight percent in four months is not weather," Ossandar said in reply. "It is a decision."

      Teodora Brask, Belmora's deputy energy minister, was blunter still, insisting that the gates of Torvane had "never been shut in September, not even for an hour." The log of the Dessa pumping station remembers the month otherwise. "Intakes dry, nothing from upstream," it notes for September 14, 2020, and it repeats the entry on each of the five days that followed.

      Even the joint panel of hydrologists, whose interim report the Belmoran side likes to wave about, writes of "the driest winter since measurement began" without acquitting the dam. The report does not say which of the two took more, the sky or the gates.

      Then there is the matter of notice. Ilveny's people speak of a letter sent last June. "Nobody wrote to us, nobody rang us," said Jonas Pell, spokesman for the water ministry. "We learned of it from the mud." Pell said Belmora's embassy had assured the ministry only days earlier that it "knew of no filling this year."

      What the minister believes she did bring home is an understanding. Both delegations, Ossandar said, had left the room knowing that no second filling would begin before the panel's final report.

      Should one begin all the same, an aide to the minister said, Varlin would tell the arbitration court in Hallam that the bargain of Port Calder was dead.

      Ardun sees things differently. It has spent a year warning against a "downstream veto," as if being asked before somebody turns off your river were a privilege.

      In Dessa, few were persuaded. Growers there doubt that a daily number will bring back a single sack of rice. "Now they will tell us every morning how thirsty we are," said Hanne Oriol, who farms eleven hectares along the third canal and has lost one harvest so far. "Is that the peace they went to fetch?"
      """#
  )
}
