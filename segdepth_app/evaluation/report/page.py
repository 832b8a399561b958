"""The frame of the report's page: one file, no network, no script; light, dark and on paper."""

from segdepth_app.evaluation.report.markup import Html, element, joined

# figures keep their white ground in the dark: their colours are chosen for it
STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #1c1c1c; --muted: #5c5c5c; --line: #c9c9c9;
  --shade: #f3f3f3; --link: #0059b3; --good: #00704a; --warning: #8a4b00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181b; --text: #e6e6e6; --muted: #a3a3a3; --line: #44484e;
  --shade: #22262b; --link: #7db8f5; --good: #55c79a; --warning: #f0b060; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
a { color: var(--link); }
h1, h2, h3, h4 { line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin-top: 2.5rem; padding-top: .5rem; border-top: 2px solid var(--line); }
.muted, figcaption, .interval, .missing { color: var(--muted); }
.verdict { margin: 1rem 0; padding: .6rem .9rem; border-left: 5px solid var(--muted); background: var(--shade); }
.verdict p { margin: .2rem 0; }
.verdict.columns { border-color: var(--good); } .verdict.leaning { border-color: var(--warning); }
.verdict.neighbourhoods { border-color: var(--bad); }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { padding: .15rem .55rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th { background: var(--shade); vertical-align: bottom; font-weight: 600; }
td.text, th.text, th:first-child { text-align: left; overflow-wrap: break-word; }
td.text { min-width: 6.5em; max-width: 34em; }
.interval { font-size: 11px; white-space: nowrap; margin-left: .6em; }
.summary .interval { display: block; margin: 0; }
table.matrix td { text-align: center; padding: .1rem .3rem; } table.matrix small { display: block; font-size: 10px; }
table.matrix td.right { font-weight: 700; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; padding: .5rem; border: 1px solid var(--line); max-width: 100%; }
figure img { color-scheme: only light; display: block; width: 100%; height: auto; background: #ffffff; }
figcaption { font-size: 12px; padding-top: .3rem; }
dt { font-weight: 600; margin-top: .4rem; } dd { margin-left: 1.5rem; }
summary { cursor: pointer; font-weight: 600; margin: .5rem 0; }
@page { size: A4; margin: 14mm; }
@media print {
  :root { color-scheme: light; --ground: #ffffff; --text: #000000; --muted: #444444; --line: #999999;
    --shade: #eeeeee; --link: #000000; }
  body { padding: 0; max-width: none; font-size: 9pt; }
  table { font-size: 6.5pt; } th, td { padding: .1rem .25rem; } .interval, table.matrix small { font-size: 5.5pt; }
  .figures { display: block; } figure { padding: 1mm; margin: 0 0 1mm; }
  figure.half { display: inline-block; vertical-align: top; width: 49% !important; }
  figure.full { width: 100% !important; }
  .wide { overflow: visible; } thead { display: table-header-group; }
  figure, tr, .verdict { break-inside: avoid; } h2, h3, h4 { break-after: avoid; }
}
"""


def page(title: str, contents: list[tuple[str, str]], body: list[Html]) -> Html:
    """A whole page; `contents` are anchors and headings of its sections."""
    links = element("ul", *(element("li", element("a", text, href=f"#{anchor}")) for anchor, text in contents))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE)),
    )
    main = element("main", element("h1", title), element("nav", links, aria_label="Contents"), *body)
    return joined((Html("<!DOCTYPE html>\n"), element("html", head, element("body", main), lang="en")))
