// The sample corpus, annotated: who said what in the three articles, what is in dispute, and who stands where on it.

enum Samples {
  static let articles: [SampleArticle] = [quillonArticle, morningPostArticle, gazetteArticle]

  static let speakers: [SampleSpeaker] = [
    SampleSpeaker(
      key: "ilveny", name: "Radu Ilvény", kind: "person", aliases: ["Ilvény", "Radu Ilveny", "Ilveny"],
      externalIDs: ["register": "BEL-0117"],
      tenures: [
        SampleTenure(role: "Foreign Minister", organization: "Belmora", from: "2018-05-14", to: "2023-06-30"),
        SampleTenure(role: "Secretary-General", organization: "Ashkel Basin Commission", from: "2023-09-01", to: nil),
      ]),
    SampleSpeaker(
      key: "brask", name: "Teodora Brask", kind: "person", aliases: ["Brask"],
      externalIDs: ["register": "BEL-0242"],
      tenures: [
        SampleTenure(role: "Deputy Energy Minister", organization: "Belmora", from: "2017-11", to: "2021-01-31"),
        SampleTenure(role: "Director", organization: "Torvane Dam Authority", from: "2021-02-01", to: "2023-06-30"),
        SampleTenure(role: "Foreign Minister", organization: "Belmora", from: "2023-07-01", to: nil),
      ]),
    SampleSpeaker(
      key: "ossandar", name: "Mirelle Ossandar", kind: "person", aliases: ["Ossandar"],
      externalIDs: ["register": "KES-0031"],
      tenures: [
        SampleTenure(role: "Foreign Minister", organization: "Keshtria", from: "2019-10-21", to: "2025-02-16"),
        SampleTenure(role: "Prime Minister", organization: "Keshtria", from: "2025-02-17", to: nil),
      ]),
    // Quoted nowhere: he held the office that the third article still gives to Ossandar.
    SampleSpeaker(
      key: "marchan", name: "Ludovic Marchán", kind: "person",
      tenures: [SampleTenure(role: "Foreign Minister", organization: "Keshtria", from: "2025-02-17", to: nil)]),
    SampleSpeaker(
      key: "venn", name: "Dario Venn", kind: "person", aliases: ["Venn"],
      tenures: [SampleTenure(role: "Spokesman", organization: "Foreign Ministry of Belmora", from: "2019", to: "2023-06")]),
    SampleSpeaker(
      key: "pell", name: "Jonas Pell", kind: "person", aliases: ["Pell"],
      tenures: [SampleTenure(role: "Spokesman", organization: "Water Ministry of Keshtria", from: "2020-01", to: "2022-12")]),
    SampleSpeaker(
      key: "lindqvane", name: "Oskar Lindqvane", kind: "person", aliases: ["Lindqvane"],
      tenures: [SampleTenure(role: "Mediator", organization: nil, from: "2019", to: nil)]),
    SampleSpeaker(key: "oriol", name: "Hanne Oriol", kind: "person"),
    SampleSpeaker(key: "belmora", name: "Government of Belmora", kind: "government", aliases: ["Ardun", "Belmora"]),
    SampleSpeaker(key: "keshtria", name: "Government of Keshtria", kind: "government", aliases: ["Varlin", "Keshtria"]),
    SampleSpeaker(key: "belmora-prime-minister", name: "Prime Minister of Belmora", kind: "office"),
    SampleSpeaker(key: "belmora-embassy", name: "Embassy of Belmora in Varlin", kind: "organization"),
    SampleSpeaker(key: "water-ministry", name: "Water Ministry of Keshtria", kind: "organization"),
    SampleSpeaker(key: "hallam-court", name: "Arbitration Court in Hallam", kind: "organization"),
    SampleSpeaker(key: "interim-report", name: "Interim report of the joint panel of hydrologists, 2021", kind: "document"),
    SampleSpeaker(key: "final-report", name: "Final report of the Ashkel Basin Commission, 2025", kind: "document"),
    SampleSpeaker(key: "dessa-log", name: "Log of the Dessa pumping station, 2020", kind: "document"),
    SampleSpeaker(key: "keshtrian-officials", name: "Keshtrian officials", kind: "collective"),
    SampleSpeaker(key: "growers", name: "Growers of Dessa", kind: "collective"),
    SampleSpeaker(key: "diplomat", name: "A diplomat at the talks of 2021", kind: "anonymous"),
    SampleSpeaker(key: "aide", name: "An aide to Ossandar, 2021", kind: "anonymous"),
    SampleSpeaker(key: "belmoran-official", name: "A Belmoran official, 2025", kind: "anonymous"),
  ]

  static let quotes: [SampleQuote] = quillonQuotes + morningPostQuotes + gazetteQuotes

  static let claims: [SampleClaim] = [
    SampleClaim(
      key: "filling-cut-flow",
      text: "The first filling of the Torvane reservoir cut the flow of the Ashkel at Dessa by more than a third.",
      context: "Belmora built the dam; Dessa is the first gauge in Keshtria.", from: "2020-09", to: "2020-12"),
    SampleClaim(
      key: "drought-cut-flow", text: "Drought made the Ashkel run low in the autumn of 2020.",
      context: "The winter before had brought little snow.", from: "2020-09", to: "2020-12"),
    SampleClaim(
      key: "gates-closed", text: "The gates of the Torvane Dam were closed in September 2020.", from: "2020-09-14", to: "2020-09-19"),
    SampleClaim(
      key: "notice-given", text: "Belmora told Keshtria of the first filling before it began.",
      context: "A letter dated 2 June 2020.", from: "2020-06"),
    SampleClaim(
      key: "no-notice", text: "Belmora began the first filling without telling Keshtria.", negationOf: "notice-given", from: "2020-06"),
    SampleClaim(
      key: "filling-to-wait",
      text: "In Port Calder, Belmora agreed that no second filling would begin before the final report.",
      context: "The second filling began in June 2021.", from: "2021-03-09"),
  ]

  /// Two change position in the four years: `ilveny` on the flow, `pell` on the notice.
  static let stances: [SampleStance] = [
    SampleStance(quote: nil, article: "quillon-2021", claim: "filling-cut-flow", position: "reports"),
    SampleStance(quote: "q21-ilveny-snowmelt", article: nil, claim: "filling-cut-flow", position: "denies"),
    SampleStance(quote: "q21-ossandar-loss", article: nil, claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "q21-report-cause", article: nil, claim: "filling-cut-flow", position: "supports", hedged: true),
    SampleStance(quote: nil, article: "morning-post-2021", claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "p21-ilveny-meltwater", article: nil, claim: "filling-cut-flow", position: "denies"),
    SampleStance(quote: "p21-ossandar-decision", article: nil, claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "p21-report-which", article: nil, claim: "filling-cut-flow", position: "declines"),
    SampleStance(quote: nil, article: "gazette-2025", claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "g25-report-flow", article: nil, claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "g25-ilveny-snow", article: nil, claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "g25-brask-model", article: nil, claim: "filling-cut-flow", position: "doubts"),
    SampleStance(quote: "g25-ossandar-afternoon", article: nil, claim: "filling-cut-flow", position: "supports"),
    SampleStance(quote: "g25-oriol-told-you", article: nil, claim: "filling-cut-flow", position: "supports", hedged: true),

    SampleStance(quote: "q21-report-driest", article: nil, claim: "drought-cut-flow", position: "supports", hedged: true),
    SampleStance(quote: "p21-ossandar-decision", article: nil, claim: "drought-cut-flow", position: "denies"),

    SampleStance(quote: "q21-ossandar-shut", article: nil, claim: "gates-closed", position: "supports"),
    SampleStance(quote: "q21-brask-gates", article: nil, claim: "gates-closed", position: "denies"),
    SampleStance(quote: "p21-brask-gates", article: nil, claim: "gates-closed", position: "denies"),
    SampleStance(quote: "p21-log-intakes", article: nil, claim: "gates-closed", position: "supports", hedged: true),
    SampleStance(quote: "g25-report-gates", article: nil, claim: "gates-closed", position: "supports"),
    SampleStance(quote: "g25-brask-swore", article: nil, claim: "gates-closed", position: "denies"),
    SampleStance(quote: "g25-brask-stood-by", article: nil, claim: "gates-closed", position: "declines"),

    SampleStance(quote: "q21-ardun-letter", article: nil, claim: "notice-given", position: "supports"),
    SampleStance(quote: "q21-varlin-letter", article: nil, claim: "notice-given", position: "denies"),
    SampleStance(quote: "q21-venn-courier", article: nil, claim: "notice-given", position: "supports"),
    SampleStance(quote: "p21-pell-mud", article: nil, claim: "notice-given", position: "denies"),
    SampleStance(quote: "p21-pell-mud", article: nil, claim: "no-notice", position: "supports"),
    SampleStance(quote: "p21-pell-embassy", article: nil, claim: "no-notice", position: "attributes"),
    SampleStance(quote: "p21-embassy-knew", article: nil, claim: "no-notice", position: "supports", hedged: true),
    SampleStance(quote: "g25-pell-letter", article: nil, claim: "notice-given", position: "supports"),
    SampleStance(quote: nil, article: "gazette-2025", claim: "notice-given", position: "supports"),

    SampleStance(quote: "q21-ilveny-june", article: nil, claim: "filling-to-wait", position: "declines"),
    SampleStance(quote: "q21-venn-readings", article: nil, claim: "filling-to-wait", position: "denies"),
    SampleStance(quote: "p21-ossandar-understanding", article: nil, claim: "filling-to-wait", position: "supports"),
    SampleStance(quote: "p21-aide-court", article: nil, claim: "filling-to-wait", position: "attributes"),
    SampleStance(quote: "g25-ilveny-promise", article: nil, claim: "filling-to-wait", position: "supports"),
    SampleStance(quote: "g25-prime-minister-mandate", article: nil, claim: "filling-to-wait", position: "denies", hedged: true),
    SampleStance(quote: "g25-brask-memory", article: nil, claim: "filling-to-wait", position: "doubts"),
  ]

  private static let quillonQuotes: [SampleQuote] = [
    SampleQuote(
      key: "q21-ilveny-nothing", article: "quillon-2021",
      texts: ["the first filling of the reservoir behind the Torvane Dam had cost farmers downstream nothing"],
      kind: "indirect", speaker: "ilveny", mention: "Radu Ilvény", mentionKind: "name", role: "Belmoran Foreign Minister",
      cue: "told", saidOn: "2021-03-09", medium: "press conference", verbatim: false),
    SampleQuote(
      key: "q21-ilveny-snowmelt", article: "quillon-2021",
      texts: ["We held back snowmelt and only snowmelt", "and not one field in Keshtria went dry because of us"],
      kind: "direct", speaker: "ilveny", mention: "he", mentionKind: "pronoun", cue: "said",
      saidOn: "2021-03-09", medium: "press conference"),
    SampleQuote(
      key: "q21-ossandar-loss", article: "quillon-2021",
      texts: [
        "Gauges at Dessa, where the Ashkel enters the rice plain, had shown “a loss of 38\u{A0}per cent in four months,”",
        "and 90\u{A0}km of canals had carried nothing but dust",
      ],
      kind: "mixed", speaker: "ossandar", mention: "she", mentionKind: "pronoun", cue: "said",
      saidOn: "2021-03-09", verbatim: false),
    SampleQuote(
      key: "q21-ossandar-sluices", article: "quillon-2021",
      texts: [
        "Ilvény had told the mediator, Oskar Lindqvane, last August: “The sluices stay open as long as I am minister.”"
      ],
      kind: "indirect", speaker: "ossandar", mention: "Ossandar", mentionKind: "name", cue: "said",
      saidOn: "2021-03-09", verbatim: false),
    SampleQuote(
      key: "q21-ilveny-sluices", article: "quillon-2021", texts: ["The sluices stay open as long as I am minister."],
      kind: "direct", speaker: "ilveny", mention: "Ilvény", mentionKind: "name", cue: "had told",
      parent: "q21-ossandar-sluices", saidOn: "2020-08", addressees: ["lindqvane"]),
    SampleQuote(
      key: "q21-ossandar-shut", article: "quillon-2021", texts: ["Four weeks later", "the sluices were shut"],
      kind: "indirect", speaker: "ossandar", mention: "she", mentionKind: "pronoun", cue: "added",
      saidOn: "2021-03-09", verbatim: false),
    SampleQuote(
      key: "q21-brask-gates", article: "quillon-2021", texts: ["Our gates were not closed in September, not for one hour"],
      kind: "direct", speaker: "brask", mention: "Brask", mentionKind: "name", role: "director of the Torvane Dam Authority",
      cue: "said", saidOn: "2021-03-09"),
    SampleQuote(
      key: "q21-report-driest", article: "quillon-2021", texts: ["the winter of 2019–20 as “the driest since readings began”"],
      kind: "mixed", speaker: "interim-report", mention: "It", mentionKind: "pronoun", cue: "describes",
      medium: "report", verbatim: false),
    SampleQuote(
      key: "q21-report-cause", article: "quillon-2021",
      texts: ["the filling “cannot be ruled out as a contributing cause”"],
      kind: "mixed", speaker: "interim-report", mention: "An interim report by a joint panel of hydrologists",
      mentionKind: "nominal", cue: "says", medium: "report", verbatim: false),
    SampleQuote(
      key: "q21-diplomat-tea", article: "quillon-2021",
      texts: ["the two ministers had “shouted once, about the letter, and then shared a pot of tea.”"],
      kind: "mixed", speaker: "diplomat", mention: "A diplomat who sat in the room, and who asked not to be named",
      mentionKind: "nominal", cue: "said", verbatim: false),
    SampleQuote(
      key: "q21-ardun-letter", article: "quillon-2021", texts: ["it announced the filling in full, with a timetable"],
      kind: "indirect", speaker: "belmora", mention: "Ardun", mentionKind: "metonym", cue: "says", verbatim: false),
    SampleQuote(
      key: "q21-varlin-letter", article: "quillon-2021", texts: ["it never arrived"],
      kind: "indirect", speaker: "keshtria", mention: "Varlin", mentionKind: "metonym", cue: "says", verbatim: false),
    SampleQuote(
      key: "q21-venn-courier", article: "quillon-2021", texts: ["It went by courier and somebody signed for it"],
      kind: "direct", speaker: "venn", mention: "Dario Venn", mentionKind: "name", role: "Ilvény’s spokesman", cue: "said",
      saidOn: "2021-03-09"),
    SampleQuote(
      key: "q21-officials-treaty", article: "quillon-2021",
      texts: ["a second filling, pencilled in for June, must wait for a treaty"],
      kind: "indirect", speaker: "keshtrian-officials", mention: "Keshtrian officials", mentionKind: "collective",
      cue: "said", verbatim: false),
    SampleQuote(
      key: "q21-belmora-veto", article: "quillon-2021", texts: ["downstream veto"],
      kind: "scare", speaker: "belmora", mention: "Belmora", mentionKind: "metonym", cue: "calls"),
    SampleQuote(
      key: "q21-ilveny-june", article: "quillon-2021", texts: ["whether the work would go ahead in June"],
      kind: "indirect", speaker: "ilveny", mention: "Ilvény", mentionKind: "name", cue: "did not say",
      saidOn: "2021-03-09", assertion: "notSaid", verbatim: false),
    SampleQuote(
      key: "q21-venn-readings", article: "quillon-2021", texts: ["the delegation had “promised readings and nothing else.”"],
      kind: "mixed", speaker: "venn", mention: "Venn", mentionKind: "name", cue: "said",
      saidOn: "2021-03-09", verbatim: false),
    SampleQuote(
      key: "q21-ossandar-tap", article: "quillon-2021",
      texts: ["Would you buy a house if the neighbour kept the key to the tap?"],
      kind: "direct", speaker: "ossandar", mention: "she", mentionKind: "pronoun", cue: "said",
      saidOn: "2021-03-09", medium: "press conference", assertion: "question"),
  ]

  private static let morningPostQuotes: [SampleQuote] = [
    SampleQuote(
      key: "p21-ilveny-meltwater", article: "morning-post-2021",
      texts: ["We kept the meltwater, nothing but the meltwater ... and no field in Keshtria dried up on our account"],
      kind: "direct", speaker: "ilveny", mention: "Radu Ilveny", mentionKind: "name", role: "Belmora's foreign minister",
      cue: "told", sameUtteranceAs: "q21-ilveny-snowmelt", saidOn: "2021-03-09", medium: "press conference"),
    // The first two are inside the quotation; this one is the paper's own sneer at it.
    SampleQuote(
      key: "p21-meltwater", article: "morning-post-2021", texts: ["meltwater"], occurrence: 3,
      kind: "scare", speaker: "ilveny", mention: nil, mentionKind: "implicit", contentOf: "p21-ilveny-meltwater"),
    SampleQuote(
      key: "p21-ossandar-decision", article: "morning-post-2021",
      texts: ["A loss of thirty-eight percent in four months is not weather", "It is a decision."],
      kind: "direct", speaker: "ossandar", mention: "Ossandar", mentionKind: "name", cue: "said",
      contentOf: "p21-ilveny-meltwater", sameUtteranceAs: "q21-ossandar-loss", saidOn: "2021-03-09"),
    SampleQuote(
      key: "p21-brask-gates", article: "morning-post-2021",
      texts: ["the gates of Torvane had \"never been shut in September, not even for an hour.\""],
      kind: "mixed", speaker: "brask", mention: "Teodora Brask", mentionKind: "name", role: "Belmora's deputy energy minister",
      cue: "insisting", sameUtteranceAs: "q21-brask-gates", saidOn: "2021-03-09", verbatim: false),
    SampleQuote(
      key: "p21-log-intakes", article: "morning-post-2021", texts: ["Intakes dry, nothing from upstream"],
      kind: "direct", speaker: "dessa-log", mention: "The log of the Dessa pumping station", mentionKind: "nominal",
      cue: "notes", saidOn: "2020-09-14", medium: "log"),
    SampleQuote(
      key: "p21-report-driest", article: "morning-post-2021", texts: ["the driest winter since measurement began"],
      kind: "direct", speaker: "interim-report", mention: "interim report", mentionKind: "nominal", cue: "writes",
      sameUtteranceAs: "q21-report-driest", medium: "report"),
    SampleQuote(
      key: "p21-report-which", article: "morning-post-2021", texts: ["which of the two took more, the sky or the gates"],
      kind: "indirect", speaker: "interim-report", mention: "The report", mentionKind: "nominal", cue: "does not say",
      medium: "report", assertion: "notSaid", verbatim: false),
    SampleQuote(
      key: "p21-pell-mud", article: "morning-post-2021",
      texts: ["Nobody wrote to us, nobody rang us", "We learned of it from the mud."],
      kind: "direct", speaker: "pell", mention: "Jonas Pell", mentionKind: "name", role: "spokesman for the water ministry",
      cue: "said"),
    SampleQuote(
      key: "p21-pell-embassy", article: "morning-post-2021",
      texts: [
        "Belmora's embassy had assured the ministry only days earlier that it \"knew of no filling this year.\""
      ],
      kind: "indirect", speaker: "pell", mention: "Pell", mentionKind: "name", cue: "said", verbatim: false),
    SampleQuote(
      key: "p21-embassy-knew", article: "morning-post-2021", texts: ["it \"knew of no filling this year.\""],
      kind: "mixed", speaker: "belmora-embassy", mention: "Belmora's embassy", mentionKind: "nominal", cue: "had assured",
      parent: "p21-pell-embassy", saidOn: "2020", addressees: ["water-ministry"], verbatim: false),
    SampleQuote(
      key: "p21-ossandar-understanding", article: "morning-post-2021",
      texts: [
        "Both delegations",
        "had left the room knowing that no second filling would begin before the panel's final report",
      ],
      kind: "indirect", speaker: "ossandar", mention: "Ossandar", mentionKind: "name", cue: "said", verbatim: false),
    SampleQuote(
      key: "p21-aide-court", article: "morning-post-2021",
      texts: [
        "Should one begin all the same",
        "Varlin would tell the arbitration court in Hallam that the bargain of Port Calder was dead",
      ],
      kind: "indirect", speaker: "aide", mention: "an aide to the minister", mentionKind: "nominal", cue: "said",
      verbatim: false),
    SampleQuote(
      key: "p21-varlin-dead", article: "morning-post-2021", texts: ["the bargain of Port Calder was dead"],
      kind: "indirect", speaker: "keshtria", mention: "Varlin", mentionKind: "metonym", cue: "would tell",
      parent: "p21-aide-court", assertion: "hypothetical", addressees: ["hallam-court"], verbatim: false),
    SampleQuote(
      key: "p21-ardun-veto", article: "morning-post-2021", texts: ["downstream veto"],
      kind: "scare", speaker: "belmora", mention: "Ardun", mentionKind: "metonym", cue: "warning"),
    SampleQuote(
      key: "p21-growers-doubt", article: "morning-post-2021",
      texts: ["a daily number will bring back a single sack of rice"],
      kind: "indirect", speaker: "growers", mention: "Growers", mentionKind: "collective", cue: "doubt",
      assertion: "attitude", verbatim: false),
    SampleQuote(
      key: "p21-oriol-thirsty", article: "morning-post-2021",
      texts: ["Now they will tell us every morning how thirsty we are"],
      kind: "direct", speaker: "oriol", mention: "Hanne Oriol", mentionKind: "name",
      role: "who farms eleven hectares along the third canal", cue: "said"),
    SampleQuote(
      key: "p21-oriol-peace", article: "morning-post-2021", texts: ["Is that the peace they went to fetch?"],
      kind: "direct", speaker: "oriol", mention: nil, mentionKind: "implicit", assertion: "question"),
  ]

  private static let gazetteQuotes: [SampleQuote] = [
    SampleQuote(
      key: "g25-report-flow", article: "gazette-2025",
      texts: [
        "the first filling of the Torvane reservoir took “between 34 and 37\u{A0}% of the flow at Dessa” in the autumn of 2020"
      ],
      kind: "mixed", speaker: "final-report", mention: "the final report", mentionKind: "nominal", cue: "finds",
      saidOn: "2025-03-13", medium: "report", verbatim: false),
    SampleQuote(
      key: "g25-ilveny-snow", article: "gazette-2025",
      texts: [
        "I stood in the customs house and blamed the snow",
        "I had been given the wrong numbers, and I did not ask for the right ones.",
      ],
      kind: "direct", speaker: "ilveny", mention: "he", mentionKind: "pronoun",
      role: "secretary-general of the Ashkel Basin Commission", cue: "said", contentOf: "q21-ilveny-snowmelt",
      saidOn: "2025-03-13", medium: "press conference"),
    SampleQuote(
      key: "g25-report-gates", article: "gazette-2025",
      texts: ["the gates were closed for five days and nine hours from 14 September 2020"],
      kind: "indirect", speaker: "final-report", mention: "The report", mentionKind: "nominal", cue: "says",
      saidOn: "2025-03-13", medium: "report", verbatim: false),
    SampleQuote(
      key: "g25-brask-swore", article: "gazette-2025", texts: ["no gate had been shut"],
      kind: "indirect", speaker: "brask", mention: "Teodora Brask", mentionKind: "name", role: "Belmora’s foreign minister",
      cue: "swore", sameUtteranceAs: "q21-brask-gates", saidOn: "2021-03-09", verbatim: false),
    SampleQuote(
      key: "g25-brask-measures", article: "gazette-2025", texts: ["The commission measures water, not intentions"],
      kind: "direct", speaker: "brask", mention: "she", mentionKind: "pronoun", role: "Belmora’s foreign minister",
      cue: "told", medium: "press conference"),
    SampleQuote(
      key: "g25-brask-model", article: "gazette-2025",
      texts: ["how a model fed with “borrowed gauges” could tell a sluice from a dry spring"],
      kind: "mixed", speaker: "brask", mention: "she", mentionKind: "pronoun", cue: "wondered",
      contentOf: "g25-report-flow", medium: "press conference", assertion: "attitude", verbatim: false),
    SampleQuote(
      key: "g25-brask-stood-by", article: "gazette-2025", texts: ["whether she stood by her statement of 2021"],
      kind: "indirect", speaker: "brask", mention: "She", mentionKind: "pronoun", cue: "did not say",
      contentOf: "q21-brask-gates", assertion: "notSaid", verbatim: false),
    // In this one place the name is spelled e + U+0301, as some word processors leave it.
    SampleQuote(
      key: "g25-ilveny-promise", article: "gazette-2025",
      texts: [
        "I told Mirelle Ossandar ‘not a drop before the last page is printed’,"
          + " and a week later my own prime minister told me I had never had the mandate to say it"
      ],
      kind: "direct", speaker: "ilveny", mention: "Ilve\u{301}ny", mentionKind: "name",
      role: "secretary-general", cue: "said",
      saidOn: "2025-03-13", medium: "press conference"),
    SampleQuote(
      key: "g25-ilveny-drop", article: "gazette-2025", texts: ["not a drop before the last page is printed"],
      kind: "direct", speaker: "ilveny", mention: "I", mentionKind: "pronoun", cue: "told",
      parent: "g25-ilveny-promise", saidOn: "2021-03", addressees: ["ossandar"]),
    SampleQuote(
      key: "g25-prime-minister-mandate", article: "gazette-2025", texts: ["I had never had the mandate to say it"],
      kind: "indirect", speaker: "belmora-prime-minister", mention: "my own prime minister", mentionKind: "nominal",
      role: "prime minister", cue: "told", parent: "g25-ilveny-promise", contentOf: "g25-ilveny-drop", saidOn: "2021-03",
      addressees: ["ilveny"], verbatim: false),
    SampleQuote(
      key: "g25-brask-memory", article: "gazette-2025", texts: ["That is his memory, and he is welcome to it."],
      kind: "direct", speaker: "brask", mention: "Brask", mentionKind: "name", cue: "said",
      contentOf: "g25-ilveny-promise"),
    // The office as the paper states it; she had left it 25 days before.
    SampleQuote(
      key: "g25-ossandar-afternoon", article: "gazette-2025",
      texts: ["Four years for a sentence we could have had in an afternoon"],
      kind: "direct", speaker: "ossandar", mention: "Mirelle Ossandar", mentionKind: "name",
      role: "Keshtrian Foreign Minister", cue: "said", contentOf: "g25-ilveny-snow"),
    SampleQuote(
      key: "g25-varlin-clean", article: "gazette-2025", texts: ["the findings “late but clean”"],
      kind: "mixed", speaker: "keshtria", mention: "Varlin", mentionKind: "metonym", cue: "called",
      contentOf: "g25-report-flow", verbatim: false),
    SampleQuote(
      key: "g25-pell-letter", article: "gazette-2025",
      texts: ["We had it", "Nobody had opened it, and I told the country it did not exist."],
      kind: "direct", speaker: "pell", mention: "Jonas Pell", mentionKind: "name", role: "the ministry’s spokesman in those days",
      cue: "said", contentOf: "p21-pell-mud"),
    SampleQuote(
      key: "g25-oriol-told-you", article: "gazette-2025", texts: ["Told you so. Told you so. Told you so 🤷🏽‍♀️🌾"],
      kind: "direct", speaker: "oriol", mention: "Hanne Oriol", mentionKind: "name", role: "a grower at Dessa", cue: "posted",
      saidOn: "2025-03-13", medium: "social media"),
    SampleQuote(
      key: "g25-oriol-pays", article: "gazette-2025", texts: ["Now who pays for my two harvests?"],
      kind: "direct", speaker: "oriol", mention: "she", mentionKind: "pronoun", cue: "posted",
      saidOn: "2025-03-13", medium: "social media", assertion: "question"),
    SampleQuote(
      key: "g25-official-logs", article: "gazette-2025",
      texts: ["the foreign ministry had had the gate logs “since the spring of 2021”"],
      kind: "mixed", speaker: "belmoran-official", mention: "A Belmoran official, who was not authorised to speak in public",
      mentionKind: "nominal", cue: "said", verbatim: false),
  ]
}
