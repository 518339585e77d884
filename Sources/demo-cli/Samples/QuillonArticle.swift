// The talks of Port Calder as an agency tells them: neutral, curly quotes, no-break spaces. Places, people and outlet are invented.

extension Samples {
  static let quillonArticle = SampleArticle(
    key: "quillon-2021",
    title: "Belmora and Keshtria agree to share river readings, not the blame",
    outlet: "Quillon News Agency",
    bylines: ["Tamsin Orlebar", "Piet Vandrell"],
    published: "2021-03-09",
    dateline: "PORT CALDER",
    language: "en",
    url: "https://quillon.example/2021/03/09/ashkel-talks",
    text: #"""
      PORT CALDER, March 9 (Quillon) — Belmora and Keshtria agreed on Tuesday to exchange daily readings of the Ashkel for the first time in eleven years, but their foreign ministers left the same table with opposite accounts of why the river ran low last autumn.

      After almost five hours in the old customs house, Belmoran Foreign Minister Radu Ilvény told reporters that the first filling of the reservoir behind the Torvane Dam had cost farmers downstream nothing. “We held back snowmelt and only snowmelt,” he said, “and not one field in Keshtria went dry because of us.”

      Mirelle Ossandar, his Keshtrian counterpart, called that explanation “a fairy tale for tourists.” Gauges at Dessa, where the Ashkel enters the rice plain, had shown “a loss of 38\#u{A0}per cent in four months,” she said, and 90\#u{A0}km of canals had carried nothing but dust.

      Ossandar said that Ilvény had told the mediator, Oskar Lindqvane, last August: “The sluices stay open as long as I am minister.” Four weeks later, she added, the sluices were shut.

      That drew a sharp answer from Teodora Brask, who took over as director of the Torvane Dam Authority last month and had travelled with the Belmoran delegation. “Our gates were not closed in September, not for one hour,” Brask said.

      An interim report by a joint panel of hydrologists, seen by Quillon, sides with neither. It describes the winter of 2019–20 as “the driest since readings began” but says that the filling “cannot be ruled out as a contributing cause” — a sentence that both delegations had underlined in their copies.

      A diplomat who sat in the room, and who asked not to be named, said the two ministers had “shouted once, about the letter, and then shared a pot of tea.”

      The letter, dated 2 June 2020, is the other quarrel. Ardun says it announced the filling in full, with a timetable; Varlin says it never arrived. “It went by courier and somebody signed for it,” said Dario Venn, Ilvény’s spokesman.

      Keshtrian officials said a second filling, pencilled in for June, must wait for a treaty. Belmora has so far refused any text that would give Keshtria what it calls a “downstream veto.”

      Ilvény did not say whether the work would go ahead in June. Venn said later in the evening that the delegation had “promised readings and nothing else.”

      Ossandar, asked if daily readings were enough, answered with a question of her own. “Would you buy a house if the neighbour kept the key to the tap?” she said.

      The first figures are to be exchanged on April 1. Lindqvane, a retired harbour judge who has spent two winters carrying drafts between the capitals, called the day’s result “a small bridge, but one that bears weight.”
      """#
  )
}
