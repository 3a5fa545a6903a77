"""Tables, sentences, headline figures and findings as a reader meets them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bundles
import pandas as pd
import pytest

from kamlib import text
from kamlib.errors import Finding
from kamlib.show import appendix, page, tables

HOSTILE = 'A$5% & B <ö> "q" <script>alert(1)</script>'
SHEET = {
    "caption": {"sv": "Mål för {year}", "en": "Goals for {year}"},
    "note": {"sv": "Källa: egna mått.", "en": "Source: our own measures."},
    "empty": {"sv": "Skriv ett mål.", "en": "Write a goal."},
    "columns": {
        "title": {"kind": "text", "sv": "Mål", "en": "Goal"},
        "share": {"kind": "percent", "sv": "Väg", "en": "Path"},
        "amount": {"kind": "money", "sv": "Belopp", "en": "Amount"},
        "due_on": {"kind": "date", "sv": "Klart", "en": "Due"},
        "owner_id": {"kind": "person", "sv": "Ägare", "en": "Owner"},
        "state": {"kind": "choice", "choices": "work_status", "pill": "yes", "sv": "Läge", "en": "State"},
    },
}
ROW: dict[str, Any] = {
    "title": HOSTILE,
    "share": 0.25,
    "amount": 2_500_000.0,
    "due_on": pd.Timestamp("2026-12-31"),
    "owner_id": "P-1",
    "state": "done",
}


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(text.catalogue(), "sheet.test", SHEET)
    monkeypatch.setitem(
        text.catalogue(), "test.line", {"sv": "**{n}** mål för {name}", "en": "**{n}** goals"}
    )
    monkeypatch.setitem(text.catalogue(), "finding.test", {"sv": "Möt {who}.", "en": "Meet {who}."})


def _account(**more: Any) -> Any:
    people = [{"contact_id": "P-1", "name": "Åsa Öst", "title": "KAM", "side": "ours"}]
    return bundles.account("A-1", contact=people, **more)


def _sheet(rows: list[dict[str, Any]], **more: Any) -> page.Shown:
    return tables.sheet("test", pd.DataFrame(rows), _account(**more), year="2026")


def test_numbers_dates_people_and_states_are_written_for_the_reader() -> None:
    """A cell is written by its declared kind, and a state is a word in a pill."""
    html = _sheet([ROW]).html
    assert '<td class="kam-n" data-label="Väg">25\N{NO-BREAK SPACE}%</td>' in html
    assert '<td class="kam-n" data-label="Belopp">2,5\N{NO-BREAK SPACE}mkr</td>' in html
    assert '<td class="kam-nw" data-label="Klart">2026-12-31</td>' in html
    assert 'Åsa Öst<span class="kam-sub">, KAM</span>' in html
    assert re.search(r'<span class="kam-pill kam-good">[^<]+</span>', html)


def test_the_table_is_semantic() -> None:
    """Caption, column heads and row heads are marked up, and the source line carries the day."""
    html = _sheet([ROW]).html
    assert "<caption>Mål för 2026</caption>" in html
    assert html.count('scope="col"') == 6
    assert html.count('scope="row"') == 1
    assert "Källa: egna mått. Per" in html
    assert '<span class="kam-nw">2026-09-30</span>' in html


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    """Markup in data stays text, and MathJax is told to leave it alone."""
    shown = _sheet([ROW])
    assert "A$5% &amp; B &lt;ö&gt;" in shown.html
    assert "<script" not in shown.html
    assert "mathjax_ignore" in shown.html
    assert HOSTILE in repr(shown)


def test_missing_is_a_dash_and_never_zero() -> None:
    """Every kind writes a missing value as an en dash."""
    html = _sheet([{**dict.fromkeys(ROW, None), "title": "x"}]).html
    assert html.count(text.MISSING) == 5
    assert "nan" not in html.lower()
    assert "None" not in html


def test_a_person_without_a_name_is_known_by_the_title() -> None:
    """A role that somebody holds is worth showing before the name is known; an id never is."""
    people = [{"contact_id": "P-1", "title": "ekonomichef"}, {"contact_id": "P-2"}]
    account = bundles.account("A-1", contact=people)
    rows = pd.DataFrame([{**ROW, "owner_id": each} for each in ("P-1", "P-2", "P-9")])
    shown = tables.sheet("test", rows, account, year="2026").plain
    assert "namn okänt, ekonomichef" in shown
    assert shown.count("okänd person") == 2


def test_no_rows_say_what_to_add_but_not_to_a_customer() -> None:
    """An empty table asks for the data in our own edition and is silent in the customer's."""
    assert "Skriv ett mål." in _sheet([]).html
    assert _sheet([], audience="customer").html == ""


def test_a_column_that_is_shut_to_the_customer_is_left_out() -> None:
    """A column without any value disappears from the customer's edition and stays in ours."""
    rows = [{**ROW, "amount": None}]
    assert "Belopp" in _sheet(rows).html
    assert "Belopp" not in _sheet(rows, audience="customer").html


def test_a_repeated_row_head_is_heard_and_not_seen() -> None:
    """Rows of one customer read as a group; every row keeps its head for those who listen."""
    html = _sheet([ROW, ROW, {**ROW, "title": "annat"}]).html
    assert html.count("kam-same") == 1
    assert html.count("A$5% &amp; B") == 2


def test_undeclared_kinds_and_lacking_columns_are_our_own_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet that does not fit its rows stops instead of showing something else."""
    with pytest.raises(text.CatalogueError, match="no column"):
        _sheet([{"title": "x"}])
    odd = {**SHEET, "columns": {"title": {"kind": "colour", "sv": "Mål", "en": "Goal"}}}
    monkeypatch.setitem(text.catalogue(), "sheet.test", odd)
    with pytest.raises(text.CatalogueError, match="colour"):
        _sheet([ROW])
    with pytest.raises(text.CatalogueError):
        tables.sheet("never_declared", pd.DataFrame([ROW]), _account())


def test_a_long_table_shows_its_first_rows_and_folds_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """`first` rows are seen at once and all of them stand behind a fold; a few more rows need no fold."""
    monkeypatch.setitem(text.catalogue(), "sheet.test", {**SHEET, "first": "2"})
    html = _sheet([ROW] * 6).html
    assert "Visa fler (6 rader)" in html
    assert html.count('scope="row"') == 2 + 6
    assert "Visa fler" not in _sheet([ROW] * 5).html


def test_a_sentence_in_bold_comes_from_the_catalogue_only() -> None:
    """Stars in the catalogue make bold; stars and markup in a value are shown as they stand."""
    shown = tables.say("test.line", n=3, name="**<b>x</b>**")
    assert "<strong>3</strong>" in shown.html
    assert "**&lt;b&gt;x&lt;/b&gt;**" in shown.html
    assert repr(shown) == "3 mål för **<b>x</b>**"


def test_headline_figures_carry_label_value_and_change() -> None:
    """A change is told by its sign and an arrow, not by colour alone."""
    html = tables.strip(
        [{"label": "Intäkt", "value": "2 mkr", "change": "+11 %", "tone": "good", "series": [1, 2, 3]}]
    ).html
    assert "<dt>Intäkt</dt>" in html
    assert "▲" in html
    assert "polyline" in html
    assert tables.strip([]).html == ""


def test_the_three_most_severe_findings_come_first() -> None:
    """Findings are ordered by severity; what exceeds the limit is folded."""
    found = [
        Finding("test", severity, values={"who": f"{severity}-{n}"})
        for severity in ("note", "error")
        for n in range(2)
    ]
    html = tables.findings(found).html
    assert html.index("error-1") < html.index("note-0") < html.index("<details>") < html.index("note-1")
    assert "Visa alla 4 iakttagelser" in html


def test_the_masthead_names_workspace_customer_dates_and_audience() -> None:
    """The first line of a page says whose data it is, as of when, and who may read it."""
    shown = tables.masthead(_account(revenue=bundles.months("2026-09", [1.0] * 3)), "planning")
    for part in ("test", "Testkund AB", "Intern", "sep. 2026", "30 september 2026"):
        assert part in shown.plain
    assert shown._repr_html_().count("<style>") == 1
    assert "Kundversion" in tables.masthead(_account(audience="customer"), "planning").plain


def test_the_appendix_prints_every_threshold_with_its_status() -> None:
    """A threshold of ours is called ours; the customer's edition holds none."""
    shown = appendix.settings(bundles.portfolio())
    assert "vår egen gräns" in shown.plain
    assert "IFRS 8:34" in shown.plain
    assert appendix.settings(_account(audience="customer")).html == ""


def test_english_speaks_english() -> None:
    """The same rows in English carry English heads, numbers and notes."""
    text.use("en")
    html = _sheet([ROW]).html
    assert "2.5\N{NO-BREAK SPACE}MSEK" in html
    assert "As of" in html


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"),
        ("muted", "paper"),
        ("muted", "wash"),
        ("accent", "paper"),
        ("good", "paper"),
        ("bad", "paper"),
        ("warn", "paper"),
        ("ink", "accent_wash"),
        ("accent_ink", "accent_wash"),
        ("good_ink", "good_wash"),
        ("warn_ink", "warn_wash"),
        ("bad_ink", "bad_wash"),
        ("paper", "accent"),
        ("ink", "warn_wash"),
        ("ink", "bad_tint"),
        ("ink", "bad_soft"),
        ("ink", "bad_deep"),
        ("bad_ink", "bad_tint"),
    ],
)
def test_every_pair_of_text_and_ground_can_be_read(ink: str, ground: str) -> None:
    """WCAG AA: a contrast of at least 4.5 for every pair of colours that carries text."""
    light, dark = sorted((_luminance(page.COLOURS[ink]), _luminance(page.COLOURS[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_style_sheet_uses_only_colours_of_the_palette() -> None:
    """A colour that the contrast test does not know cannot slip into the page."""
    found = {colour.upper() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", page.stylesheet())}
    assert found <= {colour.upper() for colour in page.COLOURS.values()}


@pytest.mark.parametrize("sheet", ["show/kam.css", "show/paper.css", "run/templates/kam/kam.css"])
def test_a_style_sheet_is_written_to_be_read(sheet: str) -> None:
    """One declaration a line, none longer than 120 characters; the white space is not delivered."""
    lines = (Path(page.__file__).parents[1] / sheet).read_text("utf-8").splitlines()
    assert max(map(len, lines)) <= 120
    assert [line for line in lines if line.count(";") > 1 or "}" in line.strip()[1:]] == []
    assert "\n" not in page.stylesheet()


def test_a_customers_edition_says_who_of_us_stands_behind_it() -> None:
    """The owner of the latest shared plan, by a name that the customer may see; without one, whoever sends it."""
    plans = [
        {"row_id": f"P-{n}", "account_id": "A-1", "year": 2020 + n, "owner_id": f"O-{n}"} for n in (1, 2)
    ]
    people = [{"contact_id": f"O-{n}", "side": "ours", "name": f"Anna <{n}>"} for n in (1, 2)]
    shown = tables.masthead(
        bundles.account("A-1", audience="customer", account_plan=plans, contact=people), "planning"
    )
    assert "Hos oss svarar Anna <2> för innehållet" in shown.plain
    assert "Anna &lt;2&gt;" in shown.html
    for lacking in ({"account_plan": plans}, {"contact": people}):
        shown = tables.masthead(bundles.account("A-1", audience="customer", **lacking), "planning")
        assert "Den som har skickat det här svarar" in shown.plain
    assert (
        "svarar"
        not in tables.masthead(bundles.account("A-1", account_plan=plans, contact=people), "planning").plain
    )
