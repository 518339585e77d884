#if Hub

/// The one style sheet. System fonts, nothing from elsewhere.
enum PageStyle {
  static let sheet = """
    :root {
      color-scheme: light dark;
      --paper: #fdfcfa; --ink: #1d1c1a; --quiet: #63605a; --line: #dedad2; --link: #1f4f8b; --raised: #f4f1ea;
      --direct: #fbe9a8; --direct-line: #8a6a00; --indirect: #d9e8f7; --indirect-line: #2b6399;
      --mixed: #e6e0f5; --mixed-line: #6a4aa8; --scare: #f8dfdb; --scare-line: #a8402c; --match: #fbe9a8;
      --yes: #23683a; --no: #a0301d; --doubt: #7d5a00; --alarm: #9a3412; --alarm-paper: #fdf0e4;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #171614; --ink: #e9e5dd; --quiet: #a8a297; --line: #37342f; --link: #9cc3f2; --raised: #22201d;
        --direct: #4a3d10; --direct-line: #dcb847; --indirect: #1c3850; --indirect-line: #7db8ec;
        --mixed: #372c54; --mixed-line: #bda4f0; --scare: #50261e; --scare-line: #f09a86; --match: #5a4a14;
        --yes: #7fd19b; --no: #f5a08e; --doubt: #e3bf62; --alarm: #fdba74; --alarm-paper: #33241a;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 0 1rem 3rem; max-width: 44rem; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
    }
    a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .15em; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .skip { position: absolute; left: -100vw; }
    .skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .5rem; z-index: 1; }

    header.top {
      display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; padding: 1rem 0; margin-bottom: 1.5rem;
      border-bottom: 1px solid var(--line);
    }
    .home { font-family: Georgia, "Times New Roman", serif; font-size: 1.35rem; font-weight: 700; color: var(--ink); text-decoration: none; }
    header.top nav { display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .95rem; }
    header.top nav a { display: inline-block; padding: .35rem 0; }
    header.top form { display: flex; flex: 1 1 14rem; gap: .4rem; min-width: 0; }
    input, button { font: inherit; color: inherit; border: 1px solid var(--quiet); border-radius: .4rem; padding: .35rem .6rem; background: var(--paper); }
    input { flex: 1; min-width: 0; width: 100%; }
    button { background: var(--raised); cursor: pointer; }

    h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
    h1 { font: 700 1.9rem/1.2 Georgia, "Times New Roman", serif; margin: .2rem 0 .8rem; unicode-bidi: plaintext; }
    h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
    h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; color: var(--quiet); }
    .meta, .hint, .none, .identity, .legend, footer { color: var(--quiet); font-size: .9rem; }
    h2 .meta { font-weight: 400; }
    p { margin: .4rem 0; }
    code { font: .85em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
    .identity { margin-top: 2.5rem; font-size: .8rem; }
    footer { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: .6rem; font-size: .8rem; }
    .notice { background: var(--raised); border-inline-start: 3px solid var(--quiet); padding: .5rem .8rem; margin: 1rem 0; }
    .conflict {
      display: inline-block; color: var(--alarm); background: var(--alarm-paper); border: 1px solid currentColor; border-radius: .3rem;
      padding: 0 .4rem; font-size: .8rem; text-decoration: none;
    }
    .contested { color: var(--alarm); }
    .tag { display: inline-block; background: var(--raised); border-radius: .3rem; padding: 0 .4rem; font-size: .8rem; color: var(--quiet); }
    .note, .context { white-space: pre-wrap; unicode-bidi: plaintext; }
    .note { border-inline-start: 3px solid var(--line); padding-inline-start: .7rem; font-size: .95rem; }
    .context { color: var(--quiet); }

    ul, ol { padding: 0; list-style: none; margin: 0; }
    .lines > li { padding: .5rem 0; border-top: 1px solid var(--line); }
    .lines > li:first-child { border-top: 0; }
    .lines .title { font-weight: 600; text-decoration: none; margin-inline-end: .4rem; }
    .lines > li > .meta { display: block; }
    .meta > span + span::before { content: "·"; padding: 0 .4em; }
    .lines .title:hover { text-decoration: underline; }
    .more { margin: .8rem 0; }
    .counts { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; }
    .counts a { text-decoration: none; }
    .counts b { font-size: 1.3rem; font-variant-numeric: tabular-nums; }
    .type { display: inline-block; color: var(--quiet); font-size: .75rem; font-weight: 400; border: 1px solid var(--line); border-radius: .3rem; padding: 0 .35rem; margin-inline-end: .4rem; }
    .snippet { color: var(--quiet); font-size: .92rem; }
    .pages { display: flex; justify-content: space-between; gap: 1rem; margin: 1.2rem 0; font-size: .95rem; color: var(--quiet); }

    .facts { margin: .8rem 0; font-size: .9rem; }
    .facts div { display: flex; gap: .6rem; padding: .1rem 0; }
    .facts dt { flex: 0 0 6rem; color: var(--quiet); }
    .facts dd { margin: 0; min-width: 0; }
    .aliases { display: flex; flex-wrap: wrap; gap: .3rem; font-size: .9rem; }
    .aliases li { background: var(--raised); border-radius: .3rem; padding: 0 .5rem; }

    .text { font: 1.1rem/1.7 Georgia, "Times New Roman", serif; white-space: pre-wrap; unicode-bidi: plaintext; margin: 1.2rem 0 2rem; }
    .legend { line-height: 1.9; }
    mark { color: var(--ink); background: var(--raised); text-decoration: underline 2px; text-decoration-skip-ink: none; text-underline-offset: .22em; padding: .05em 0; border-radius: 2px; }
    mark.direct { background: var(--direct); text-decoration: underline solid 2px var(--direct-line); }
    mark.indirect { background: var(--indirect); text-decoration: underline dashed 2px var(--indirect-line); }
    mark.mixed { background: var(--mixed); text-decoration: underline double 2px var(--mixed-line); }
    mark.scare { background: var(--scare); text-decoration: underline wavy 1px var(--scare-line); }
    mark.inner { text-underline-offset: .42em; box-shadow: inset 0 0 0 1px var(--quiet); }
    mark.match { background: var(--match); text-decoration: none; font-weight: 600; }
    mark:target { outline: 2px solid var(--link); outline-offset: 1px; }
    .number {
      font: 600 .68rem/1 system-ui, sans-serif; vertical-align: super; text-decoration: none; padding: .2rem .1rem; user-select: none;
      -webkit-user-select: none; text-decoration-skip-ink: none;
    }

    blockquote { margin: 0; }
    .words {
      font: 1.05rem/1.5 Georgia, "Times New Roman", serif; white-space: pre-wrap; unicode-bidi: plaintext; border-inline-start: 4px solid var(--quiet);
      padding-inline-start: .8rem;
    }
    .words.direct { border-inline-start-style: solid; border-color: var(--direct-line); }
    .words.indirect { border-inline-start-style: dashed; border-color: var(--indirect-line); }
    .words.mixed { border-inline-start-style: double; border-color: var(--mixed-line); }
    .words.scare { border-inline-start-style: dotted; border-color: var(--scare-line); }
    .quotes > li, .statements > li { position: relative; margin: 0 0 1.4rem; scroll-margin-top: 1rem; }
    .quotes > li { padding-inline-start: 2rem; }
    .quotes > li:target { background: var(--raised); outline: .5rem solid var(--raised); }
    .ordinal { position: absolute; inset-inline-start: 0; color: var(--quiet); font-size: .9rem; font-variant-numeric: tabular-nums; }
    .name { font-weight: 600; }
    .kind { white-space: nowrap; border-bottom: 2px solid var(--line); }
    .kind.direct { border-bottom-color: var(--direct-line); }
    .kind.indirect { border-bottom: 2px dashed var(--indirect-line); }
    .kind.mixed { border-bottom: 3px double var(--mixed-line); }
    .kind.scare { border-bottom: 2px dotted var(--scare-line); }
    .position { font-weight: 600; }
    .position.supports { color: var(--yes); }
    .position.denies { color: var(--no); }
    .position.doubts { color: var(--doubt); }
    .position.supports::before { content: "✓ " / ""; }
    .position.denies::before { content: "✗ " / ""; }
    .position.doubts::before { content: "? " / ""; }
    .tally { font-size: 1.05rem; }
    .stance { font-size: .95rem; }

    .candidates { display: grid; gap: .6rem; }
    .candidates li { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .8rem; }
    .candidates .shown { border: 2px solid var(--quiet); }
    .candidates .value { white-space: pre-wrap; unicode-bidi: plaintext; }
    .subject h2 { border-top: 1px solid var(--line); padding-top: 1.2rem; }

    @media (max-width: 30rem) {
      h1 { font-size: 1.55rem; }
      .text { font-size: 1.05rem; line-height: 1.65; }
      .quotes > li { padding-inline-start: 1.6rem; }
      .facts dt { flex-basis: 5rem; }
    }
    @media print { header.top, .pages, footer, .skip { display: none; } body { max-width: none; } }

    """
}

#endif
