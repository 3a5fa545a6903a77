"""A company's own settings and words: judged as a whole, laid over the kit's, and followed on every page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import bundles
import nbformat
import pytest

from kamlib import schema, text
from kamlib.data import company, projection, workspace
from kamlib.errors import KamError
from kamlib.run import notebooks
from kamlib.show import tables

TERMS = {
    "sv": {"nyckelkund": "strategisk kund", "nyckelkunder": "strategiska kunder"},
    "en": {"key account": "core customer"},
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    yield
    text.own_words({})


def file(folder: Path, words: str) -> Path:
    target = folder / "egna.yaml"
    target.write_text(words, "utf-8")
    return target


def test_a_bare_value_is_laid_over_the_kits(tmp_path: Path) -> None:
    """`fall_share: -0.15` is enough; the footer then says that the value is the company's own."""
    own = company.read(file(tmp_path, "thresholds:\n  fall_share: -0.15\n  health_bands: [40, 80]\n"))
    laid = schema.load_settings(own)["thresholds"]
    assert laid["fall_share"]["value"] == -0.15
    assert laid["fall_share"]["status"] == "company"
    assert laid["fall_share"]["unit"] == schema.load_settings()["thresholds"]["fall_share"]["unit"]
    assert laid["health_bands"]["value"] == [40, 80]


def test_a_value_and_its_source_are_kept(tmp_path: Path) -> None:
    """Who writes where a limit comes from reads it again in the footer."""
    own = company.read(
        file(tmp_path, "thresholds:\n  threading_days: {value: 120, source: styrelsen 2026}\n")
    )
    assert own["thresholds"]["threading_days"] == {
        "value": 120,
        "source": "styrelsen 2026",
        "status": "company",
    }


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """An unknown name with its nearest, a word for a number, a share above one, a list too short, a month 13, odd terms."""
    words = """
thresholds:
  fall_shar: -0.1
  threading_days: ofta
  fall_share: 15
  health_bands: [40]
  fiscal_year_start_month: 13
terms:
  de: {nyckelkund: Schlüsselkunde}
thresholdz: {}
"""
    with pytest.raises(KamError) as stop:
        company.read(file(tmp_path, words))
    told = stop.value.told()
    for said in ("fall_share", "ofta", "15", "health_bands", "13", "terms.de", "thresholds"):
        assert said in told
    assert len(stop.value.findings) == 7


@pytest.mark.parametrize("words", ["- a\n- b\n", "ord", "thresholds: 3\n", "thresholds: [1]\n"])
def test_another_shape_is_refused_in_words(tmp_path: Path, words: str) -> None:
    """A list or a word where a group stands is told, never a traceback."""
    with pytest.raises(KamError) as stop:
        company.read(file(tmp_path, words))
    assert stop.value.findings[0].rule == "settings_shape"


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    """No setting at all is a company that follows the kit."""
    assert company.read(file(tmp_path, "")) == {}


def test_own_words_stand_in_every_sentence_of_the_kit() -> None:
    """Whole words in each form that is given, a capital kept; a placeholder and what people wrote stay."""
    text.own_words(TERMS)
    assert (
        text.in_own_words("Nyckelkund {nyckelkund}, nyckelkunder", "sv")
        == "Strategisk kund {nyckelkund}, strategiska kunder"
    )
    assert text.in_own_words("nyckelkundsansvarig", "sv") == "nyckelkundsansvarig"
    assert text.in_own_words("nyckelkund", "en") == "nyckelkund"
    assert any("trategisk kund" in json.dumps(found) for found in text.catalogue().values())
    assert not any(
        '"nyckelkund"' in json.dumps(found["sv"])
        for found in text.catalogue().values()
        if "sv" in found and isinstance(found["sv"], str)
    )
    text.own_words({})
    assert not any("strategisk kund" in json.dumps(found) for found in text.catalogue().values())


def test_own_words_reach_the_prose_of_a_notebook() -> None:
    """Markdown is the kit's prose too; code is left alone."""
    text.own_words(TERMS)
    cells = [
        nbformat.v4.new_markdown_cell("Varje nyckelkund"),
        nbformat.v4.new_code_cell("nyckelkund = 1"),
    ]
    made = notebooks.variant(nbformat.v4.new_notebook(cells=cells), notebooks.Variant("sv"))
    assert [cell.source for cell in made.cells] == ["Varje strategisk kund", "nyckelkund = 1"]


def test_a_customers_file_holds_words_and_calendar_and_no_limit(tmp_path: Path) -> None:
    """The customer's edition speaks the company's words; its thresholds are ours."""
    here = workspace.create(tmp_path / "vi.sqlite", name="Vi")
    frames = {"account": schema.TABLES["account"].typed(bundles.account().account.head(1))}
    here.import_facts(frames, source="test")
    own = {
        "terms": TERMS,
        "thresholds": {"fall_share": {"value": -0.5}, "fiscal_year_start_month": {"value": 7}},
    }
    here.set_about(settings=json.dumps(own))
    account_id = str(frames["account"]["account_id"].iloc[0])
    projection.write(here, account_id, tmp_path / "kund.sqlite")
    carried = company.settings(workspace.open(tmp_path / "kund.sqlite").about)
    assert carried["terms"] == TERMS
    assert carried["thresholds"]["fiscal_year_start_month"]["value"] == 7
    assert (
        carried["thresholds"]["fall_share"]["value"]
        == schema.load_settings()["thresholds"]["fall_share"]["value"]
    )


@pytest.mark.parametrize(
    ("day", "starts", "swedish", "in_english"),
    [
        (date(2026, 9, 30), 1, "kv3 2026", "Q3 2026"),
        (date(2026, 1, 1), 1, "kv1 2026", "Q1 2026"),
        (date(2026, 12, 31), 1, "kv4 2026", "Q4 2026"),
        (date(2026, 9, 30), 7, "kv1 2026/27", "Q1 2026/27"),
        (date(2026, 6, 30), 7, "kv4 2025/26", "Q4 2025/26"),
        (date(2026, 4, 30), 5, "kv4 2025/26", "Q4 2025/26"),
        (date(2026, 12, 1), 12, "kv1 2026/27", "Q1 2026/27"),
        (None, 1, "–", "–"),
    ],
)
def test_a_quarter_follows_the_fiscal_year(
    day: date | None, starts: int, swedish: str, in_english: str
) -> None:
    """`kv3 2026`; a year that begins in July is written with both its years, at each of its edges."""
    assert text.quarter(day, starts).replace(text.NBSP, " ") == swedish
    text.use("en")
    assert text.quarter(day, starts).replace(text.NBSP, " ") == in_english


def test_the_review_names_its_quarter() -> None:
    """The first lines of a review and of the portfolio say which quarter they are about."""
    assert "kv3" in tables.masthead(bundles.account(), "review").plain
    assert "kv3" not in tables.masthead(bundles.account(), "planning").plain
