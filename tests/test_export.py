"""One executed notebook becomes one HTML file that holds only what its reader may see."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import bundles
import nbformat
import pandas as pd
import pytest
from nbformat import v4

from kamlib import text
from kamlib.run import export
from kamlib.show import figure, page, tables

CHROMIUM = Path("/usr/bin/chromium")
SHEET = {
    "caption": {"sv": "En bred tabell", "en": "A wide table"},
    "columns": {f"c{n}": {"kind": "text", "sv": f"Kolumn {n}", "en": f"Column {n}"} for n in range(9)},
}


def _md(source: str, *tags: str) -> Any:
    return v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def _code(*shown: Any, source: str = "secret_call()", tags: tuple[str, ...] = ()) -> Any:
    outputs = [_output(each) for each in shown]
    return v4.new_code_cell(source, outputs=outputs, execution_count=1, metadata={"tags": list(tags)})


def _output(shown: Any) -> Any:
    if isinstance(shown, page.Shown):
        content, marks = shown._repr_mimebundle_()
        return v4.new_output("display_data", content, metadata=marks)
    return shown if isinstance(shown, dict) else v4.new_output("display_data", {"text/html": shown})


def _html(*cells: Any, audience: str = "internal", lang: str = "sv") -> str:
    return export.to_html(
        v4.new_notebook(cells=list(cells)), title="Testkund <AB>", lang=lang, audience=audience
    )


def _sheet(monkeypatch: pytest.MonkeyPatch, words: str = "ord") -> page.Shown:
    monkeypatch.setitem(text.catalogue(), "sheet.wide", SHEET)
    rows = pd.DataFrame([{f"c{n}": words for n in range(9)}])
    return tables.sheet("wide", rows, bundles.account())


def test_the_page_stands_alone_and_speaks_its_language() -> None:
    """One file: language, title, policy and font are in it; script and addresses are not."""
    html = _html(_md("# Mål\n\nText [hit](https://example.org/x) ![b](http://example.org/y.png)"), lang="en")
    assert '<html lang="en">' in html
    assert "<title>Testkund &lt;AB&gt;</title>" in html
    assert "Content-Security-Policy" in html
    assert "data:font/woff2" in html
    assert not re.search(r"https?://|<script|<link|@import", html)
    assert text.language() == "sv"


def test_code_and_what_only_warns_are_left_behind() -> None:
    """Neither source nor warnings reach the reader; a customer gets nothing that our rooms did not make."""
    printed, warned = (
        {"output_type": "stream", "name": name, "text": f"{name}-line"} for name in ("stdout", "stderr")
    )
    cells = [_md("# T"), _code("<b>strange-html</b>", printed, warned)]
    for hidden in ("secret_call", "stderr-line"):
        assert hidden not in _html(*cells)
    for hidden in ("secret_call", "stderr-line", "stdout-line", "strange-html"):
        assert hidden not in _html(*cells, audience="customer")


def test_our_own_tables_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `show` made carries its mark through a saved notebook and stands in the report."""
    notebook = v4.new_notebook(cells=[_md("# T"), _code(_sheet(monkeypatch))])
    saved = nbformat.reads(nbformat.writes(notebook), 4)
    assert "En bred tabell" in export.to_html(saved, title="T", lang="sv", audience="internal")


@pytest.mark.parametrize("tag", ["facilitator", "live", "solution"])
def test_cells_for_the_room_never_reach_a_report(tag: str) -> None:
    """A facilitator's notes and live controls stay in the room."""
    assert "hush" not in _html(_md("# T"), _md("hush", tag))


def test_internal_cells_are_never_in_the_customers_edition() -> None:
    """The tag `internal` is kept in ours and shut in the customer's."""
    cells = [_md("# T"), _md("marginal", "internal")]
    assert "marginal" in _html(*cells)
    assert "marginal" not in _html(*cells, audience="customer")


@pytest.mark.parametrize(
    "prose",
    [
        "<script>alert(1)</script>",
        "<iframe src='x'></iframe>",
        "a <img src=x onerror=alert(1)> b",
        "[x](javascript:alert(1))",
        "<div onclick='x()'>\n\ny\n\n</div>",
        "![x](data:image/svg+xml;base64,AAAA)",
        "<style>*{display:none}</style>",
    ],
)
def test_markup_in_prose_is_shown_and_never_obeyed(prose: str) -> None:
    """Raw HTML and script addresses in a markdown cell become plain text."""
    html = _html(_md("# T"), _md(prose))
    body = html[html.index("<main") :]
    active = _Active()
    active.feed(body)
    assert not active.found


class _Active(HTMLParser):
    """Collects every element or attribute that could act."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        acting = tag in ("script", "iframe", "object", "embed", "form", "style", "img")
        self.found += [tag] * acting + [name for name, _ in attrs if name.startswith("on")]
        self.found += [
            value for name, value in attrs if value and name in ("href", "src") and not value.startswith("#")
        ]


def test_an_error_is_a_red_box_without_a_traceback() -> None:
    """Our own edition says why it stopped; the customer's says only that it did."""
    stop = v4.new_output(
        "error", ename="KamError", evalue="\x1b[31mokänd <kund>", traceback=["File secret.py"]
    )
    html = _html(_md("# T"), _code(stop))
    assert "okänd &lt;kund&gt;" in html
    assert "secret.py" not in html
    assert "kund&gt;" not in _html(_md("# T"), _code(stop), audience="customer")


def test_one_heading_of_the_first_order_and_a_contents_list() -> None:
    """h1 stands once, each h2 has an id that the contents point at."""
    html = _html(_md("# Mål\n\nord"), _md("## Första & sista"), _md("# Andra"), _md("### Djup"))
    assert html.count("<h1") == 1
    assert re.findall(r'<h2 id="(\w+)"', html) == ["s1", "s2"]
    assert '<a href="#s1">Första &amp; sista</a>' in html


def test_depth_is_gathered_behind_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbouring cells of one level share a fold that is named by their headings."""
    html = _html(
        _md("# T"),
        _md("## Ett"),
        _md("## Två", "level-2"),
        _code(_sheet(monkeypatch), tags=("level-2",)),
        _md("## Tre", "level-3"),
    )
    assert html.count('<details class="depth') == 2
    assert "Två <span" in html
    assert "analytikerns bilaga" in html
    nameless = _html(_md("# T"), _code(_sheet(monkeypatch), tags=("level-2",)))
    assert "<summary>En bred tabell <span" in nameless
    missing = tables.what_to_add("Ingen kundresa. Fråga två personer.", bundles.account())
    empty = _html(_md("# T"), _code(missing, tags=("level-2",)))
    assert "<summary>Ingen kundresa <span" in empty
    fold = html[html.index('<details class="depth level-2') :]
    assert "En bred tabell" in fold[: fold.index('<details class="depth level-3')]


def test_a_silent_section_is_left_out_for_the_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heading above nothing would tell a customer what we lack; in ours it stays."""
    cells = [
        _md("# T"),
        _md("## Full"),
        _code(_sheet(monkeypatch)),
        _md("## Tomt"),
        _code(page.NOTHING),
        _md("prat"),
    ]
    assert "Tomt" in _html(*cells)
    customer = _html(*cells, audience="customer")
    assert "Tomt" not in customer
    assert "prat" not in customer
    assert "Full" in customer


def test_a_caption_that_repeats_its_heading_is_heard_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words twice in a row are noise to the eye; a screen reader still has the table's name."""
    same = _html(_md("# T"), _md("## En bred tabell"), _code(_sheet(monkeypatch)))
    assert '<caption class="kam-vh kam-echo">En bred tabell</caption>' in same
    other = _html(_md("# T"), _md("## Annat"), _code(_sheet(monkeypatch)))
    assert "<caption>En bred tabell</caption>" in other


def test_the_masthead_becomes_the_head_of_the_page() -> None:
    """Workspace, customer and audience stand around the heading, and their style is not repeated."""
    html = _html(_code(tables.masthead(bundles.account(), "planning")), _md("# Plan"))
    assert (
        html.index("kam-kicker") < html.index("<h1>Plan</h1>") < html.index('<p class="kam-who">Testkund AB')
    )
    assert html.count("<style>") == 1


def test_the_same_notebook_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the file depends on the clock or on chance."""
    cells = [_md("# T"), _code(_sheet(monkeypatch))]
    assert _html(*cells) == _html(*cells)


def test_an_empty_page_weighs_little() -> None:
    """Font, style and frame leave most of the 300 kB to the content."""
    assert len(_html(_md("# T")).encode()) < 80_000


def _slope(ax: Any) -> None:
    ax.plot([0, 2])


@pytest.mark.browser
def test_a_phone_never_scrolls_sideways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At 390 px the wide table scrolls in its own box, and the page stands still; nothing is requested."""
    if not CHROMIUM.exists() and "CI" not in os.environ:
        pytest.skip("no Chromium here")
    from playwright.sync_api import sync_playwright

    strip = tables.strip(
        [{"label": "Intäkt, rullande tolv månader", "value": "1 234,5 mkr", "change": "+12 %"}] * 4
    )
    table = "|a|b|\n|-|-|\n" + "|" + "långtord" * 20 + "|" + "y" * 80 + "|"
    wide, phone = figure.Drawing(_slope, (7.1, 3.3)), figure.Drawing(_slope, (3.75, 3.3))
    drawn = figure.shown(wide, figure.Words("Titel", "", "En linje."), bundles.portfolio(), phone=phone)
    file = tmp_path / "page.html"
    file.write_text(
        _html(_md("# " + "Långtnamn" * 12), _code(_sheet(monkeypatch, "ord " * 9), strip, drawn), _md(table)),
        "utf-8",
    )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        view = browser.new_page(viewport={"width": 390, "height": 844})
        asked: list[str] = []
        view.on("request", lambda request: asked.append(request.url))
        view.goto(file.as_uri())
        width = view.evaluate("document.documentElement.scrollWidth")
        seen = [view.locator(f".kam-{size} svg").is_visible() for size in ("wide", "narrow")]
        browser.close()
    assert width <= 390
    assert seen == [False, True]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
