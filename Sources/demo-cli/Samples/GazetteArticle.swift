// Four years later, a third outlet: new holders of old offices, one stated wrongly, an emoji post, and one name in decomposed form.

extension Samples {
  static let gazetteArticle = SampleArticle(
    key: "gazette-2025",
    title: "The dam did it, says the man who denied it",
    outlet: "The Port Calder Gazette",
    bylines: ["Pia Lorrimant"],
    published: "2025-03-13",
    dateline: "PORT CALDER",
    language: "en",
    url: "https://gazette.example/2025/march/ashkel-final-report",
    text: #"""
      PORT CALDER — Four years after two foreign ministers failed to agree in this city on what had emptied the Ashkel, one of them came back on Thursday with the answer. It was the dam.

      Radu Ilvény, who spoke for Belmora in 2021 and has been secretary-general of the Ashkel Basin Commission since September 2023, was presenting the final report of an inquiry that has outlived two governments. It finds that the first filling of the Torvane reservoir took “between 34 and 37\#u{A0}% of the flow at Dessa” in the autumn of 2020. “I stood in the customs house and blamed the snow,” he said. “I had been given the wrong numbers, and I did not ask for the right ones.”

      The report, 412 pages long, says the gates were closed for five days and nine hours from 14 September 2020. Teodora Brask, who was running the dam by the time of the talks and swore then that no gate had been shut, is now Belmora’s foreign minister.

      In Ardun, Brask chose her words. “The commission measures water, not intentions,” she told a news conference, adding that she wondered how a model fed with “borrowed gauges” could tell a sluice from a dry spring. She did not say whether she stood by her statement of 2021.

      The secretary-general went further than his report. “I told Mirelle Ossandar ‘not a drop before the last page is printed’, and a week later my own prime minister told me I had never had the mandate to say it,” Ilve\#u{301}ny said — confirming the understanding that Keshtria has claimed ever since, and that his spokesman had denied the same evening. The second filling began in June 2021.

      Asked about that, Brask said: “That is his memory, and he is welcome to it.”

      Keshtria did not gloat, or not much. “Four years for a sentence we could have had in an afternoon,” said Keshtrian Foreign Minister Mirelle Ossandar. Varlin called the findings “late but clean” and said it would seek water, not money.

      On one point the report is no comfort to the Keshtrians. Belmora’s letter of 2 June 2020 announcing the filling, which they had always said never came, turned up last year in a water ministry post room, stamped and sealed. “We had it,” said Jonas Pell, the ministry’s spokesman in those days. “Nobody had opened it, and I told the country it did not exist.”

      Hanne Oriol, a grower at Dessa, needed fewer pages. “Told you so. Told you so. Told you so 🤷🏽‍♀️🌾 Now who pays for my two harvests?” she posted before the press conference was over. Nobody on the podium took that up.

      A Belmoran official, who was not authorised to speak in public, said the foreign ministry had had the gate logs “since the spring of 2021” and had hoped the “gate question” would silt up by itself.

      The commission wants every future filling announced ninety days ahead, “in writing, and to somebody who opens the post.” It has no power to insist. Ilvény said he would ask both capitals for it all the same — and that this time he would read the numbers first.
      """#
  )
}
