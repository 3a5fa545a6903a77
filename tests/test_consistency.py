"""One question, one answer: the same figure has the same value, in the same words, wherever it is shown."""

from __future__ import annotations

import csv
import html
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bundles
import pages
import pytest
import worlds

from kamlib import text
from kamlib.data import workspace
from kamlib.data.workspace import Change
from kamlib.run import attachments, batch, extract_text, pdf, reports, traced

KEY_ACCOUNTS = (
    "A-003", "A-008", "A-011", "A-017", "A-021", "A-026", "A-029", "A-034", "A-041", "A-046", "A-052", "A-088",
)  # fmt: skip


def apart(read: Iterable[pages.Page]) -> dict[tuple[str, str, str], set[tuple[Any, str]]]:
    """The figures that have more than one value, or are told in more than one way, on the pages read."""
    seen: defaultdict[tuple[str, str, str], set[tuple[Any, str]]] = defaultdict(set)
    for page in read:
        text.use(page.lang)
        for figure in page.figures():
            value = None if text.is_missing(figure.value) else round(float(figure.value), 6)
            seen[figure.account_id, figure.name, figure.of].add((value, str(figure)))
    assert seen
    return {key: told for key, told in seen.items() if len(told) > 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "accounts"),
    [
        ("sv", KEY_ACCOUNTS),
        ("en", KEY_ACCOUNTS[:3]),
        pytest.param("en", KEY_ACCOUNTS, marks=pytest.mark.torture),
    ],
    ids=["sv", "en-some", "en"],
)
def test_the_same_figure_is_the_same_on_every_page(
    sample_file: Path, lang: str, accounts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every notebook for every key account of the sample, and for all accounts: no figure disagrees with itself."""
    here = sample_file
    read = [pages.read(monkeypatch, here, notebook, lang=lang) for notebook in pages.OF_PORTFOLIO]
    read += [
        pages.read(monkeypatch, here, notebook, account_id, lang=lang)
        for account_id in accounts
        for notebook in pages.OF_ACCOUNT
    ]
    assert apart(read) == {}


def hard_world(whole: Path, folder: Path, name: str) -> Path:
    """The sample with one thing that has led pages to contradict each other."""
    path = folder / f"{name}.sqlite"
    workspace.open(whole).snapshot(path)
    here = workspace.open(path, read_only=False)
    here.save(WORLDS[name], by="prov", at=datetime(2026, 9, 30, 12, tzinfo=UTC))
    return path


def plan(row_id: str, **values: Any) -> Change:
    """A plan of A-017."""
    return Change("account_plan", row_id, values, "A-017", operation="insert", effective_on="2026-09-30")


WORLDS: dict[str, list[Change]] = {
    "two plan years": [plan("AP-next", year=2027, owner_id="S-05", ambition="Utkast", hours_year=900)],
    "a tender": [
        Change(
            "event", "E-t", {"kind": "tender", "title": "Upphandling", "happened_on": "2026-09-15"}, "A-017",
            operation="insert", effective_on="2026-09-30",
        )
    ],
    "an acquisition": [
        Change(
            "event", "E-a", {"kind": "acquisition", "title": "Köper en konkurrent", "happened_on": "2026-09-10"}, "A-017",
            operation="insert", effective_on="2026-09-30",
        )
    ],
    "two meeting days": [
        Change(
            "meeting", "M-x", {"title": "Extra möte", "kind": "customer_review", "planned_on": "2026-10-05"}, "A-017",
            operation="insert", effective_on="2026-09-30",
        )
    ],
    "zero weights": [
        Change("weight", f"W-zero-{n}", {"criterion": each, "weight": 0}, operation="insert", effective_on="2026-09-30")
        for n, each in enumerate(("strategic_importance", "willingness_to_partner", "internal_complexity"))
    ],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_hard_worlds_hold_together_too(
    name: str, sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two plan years around the day, a tender, an acquisition, two meeting days, zero weights: no figure disagrees."""
    here = hard_world(sample_file, tmp_path, name)
    wanted = [("A-017", each) for each in pages.OF_ACCOUNT] + [("", each) for each in pages.OF_PORTFOLIO]
    read = [pages.read(monkeypatch, here, notebook, account_id) for account_id, notebook in wanted]
    assert apart(read) == {}


@pytest.mark.slow
def test_a_months_last_day_and_one_who_left(sample_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the last day of a month, and for the account whose KAM has left, every page agrees."""
    here = sample_file
    for account_id, as_of in (("A-052", ""), ("A-017", "2026-08-31"), ("A-021", "2026-06-30")):
        read = [
            pages.read(monkeypatch, here, notebook, account_id, as_of=as_of) for notebook in pages.OF_ACCOUNT
        ]
        assert apart(read) == {}, account_id


@pytest.mark.slow
def test_the_run_writes_what_its_pages_show(
    sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """figures.csv holds the pages' figures with formula and source; the manifest and the list of accounts say the same."""
    worlds.run_here(monkeypatch)
    here = workspace.open(sample_file)
    asked = reports.Request(tmp_path / "ut", ("A-017",), notebooks=("06_review",), workers=1)
    done = reports.run(here, asked)
    assert done.exit_code == 0
    with (done.folder / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    by_name = {line["figure"]: line for line in lines if line["account"] == "A-017"}
    growth, revenue = by_name["growth"], by_name["revenue"]
    assert growth["formula"]
    assert growth["source"]
    assert growth["data_on"] == "2026-09-01"
    listed = batch.manifest(done.folder)["accounts"]["A-017"]
    assert listed["growth_share"] == pytest.approx(float(growth["value"]))
    assert listed["revenue_12m"] == pytest.approx(float(revenue["value"]))
    rows = json.loads(reports.listing(here).set_index("account_id").loc[["A-017"]].to_json(orient="records"))
    assert rows[0]["revenue_12m"] == listed["revenue_12m"]
    assert not list(done.folder.glob("**/*customer*"))


@pytest.mark.slow
def test_index_deck_and_pdf_say_what_the_page_says(sample_file: Path, tmp_path: Path) -> None:
    """The figures that open the review stand in the same words on its page, on its PDF, in the deck and in the index."""
    here = workspace.open(sample_file)
    wanted = attachments.Attachments(engine=pdf.find(), deck=True)
    asked = reports.Request(tmp_path / "ut", ("A-017",), notebooks=("06_review",), workers=1, wanted=wanted)
    done = reports.run(here, asked)
    assert done.exit_code == 0
    with (done.folder / traced.NAME).open(encoding="utf-8-sig", newline="") as file:
        told = {line["figure"]: line["words"] for line in csv.DictReader(file) if line["account"] == "A-017"}
    made = {path.suffix: path for path in done.folder.glob("*/06_review.*")}
    read = {kind: plain(made[kind]) for kind in (".html", ".pdf", ".pptx")} | {"index": plain(done.index)}
    for name in ("revenue", "growth", "margin", "health"):
        for where, words in read.items():
            if where != "index" or name in ("revenue", "growth", "health"):
                assert unspaced(told[name]) in words, (name, where)


def plain(path: Path) -> str:
    """The words of a file without spaces: a PDF breaks lines where it likes."""
    return unspaced(" ".join(words for _, words in extract_text.texts(path.name, path.read_bytes())))


def unspaced(words: str) -> str:
    """The words with every space and break away."""
    return "".join(html.unescape(words).split())


@pytest.mark.slow
def test_thin_data_holds_together_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers and invoices alone, as a newcomer has them: no figure disagrees with itself."""
    months = [f"{year}-{month:02d}-01" for year in (2024, 2025) for month in range(1, 13)]
    ids = [f"{n:03d}" for n in range(1, 31)]
    accounts = [{"account_id": each, "name": f"Kund {each} AB"} for each in ids]
    sold = [
        {"account_id": each, "month": month, "revenue": 900_000 // int(each)}
        for each in ids
        for month in months
    ]
    frames = bundles.frames({"account": accounts, "revenue": sold})
    workspace.create(tmp_path / "tunn.sqlite").import_facts(
        {name: frames[name] for name in ("account", "revenue")}, source="test"
    )
    wanted = [("001", each) for each in pages.OF_ACCOUNT] + [("", each) for each in pages.OF_PORTFOLIO]
    assert apart(pages.read(monkeypatch, tmp_path / "tunn.sqlite", name, who) for who, name in wanted) == {}


def test_text_in_the_file_of_figures_is_never_a_formula() -> None:
    """A title that begins as a formula of a spreadsheet is written as text; a negative number stays a number."""
    assert traced._harmless("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert traced._harmless("-0.02") == "-0.02"
    assert traced._harmless("-cmd") == "'-cmd"
