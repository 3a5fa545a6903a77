"""Messages speak to the person: where, what was found, what was expected, what to do; all at once."""

from __future__ import annotations

import pytest

from kamlib import errors, text


@pytest.fixture
def _own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {
        "finding.not_a_number": {
            "sv": "hittade ”{found}”, väntade ett tal. Skriv {cure}.",
            "en": "found '{found}', expected a number. Write {cure}.",
        }
    }
    known = {**text.catalogue(), **words}
    monkeypatch.setattr(text, "catalogue", lambda: known)


@pytest.mark.usefixtures("_own_words")
def test_a_finding_names_place_found_expected_and_cure() -> None:
    """File, line and column first, then what was found and what to write instead."""
    finding = errors.Finding(
        "not_a_number",
        "error",
        {"column": "revenue", "line": 4, "file": "revenue.csv"},
        {"found": "12,5 mkr", "cure": "12500000"},
    )
    assert finding.sentence() == (
        "revenue.csv, rad 4, kolumn ”revenue”: hittade ”12,5 mkr”, väntade ett tal. Skriv 12500000."
    )
    text.use("en")
    assert finding.sentence() == (
        "revenue.csv, row 4, column 'revenue': found '12,5 mkr', expected a number. Write 12500000."
    )


@pytest.mark.usefixtures("_own_words")
def test_an_error_tells_all_findings_at_once() -> None:
    """A headline, then one line for each finding, in the language in use when it is told."""
    error = errors.KamError(
        errors.Finding("not_a_number", place={"line": 2}, values={"found": "a", "cure": "1"}),
        errors.Finding("not_a_number", place={"line": 3}, values={"found": "b", "cure": "1"}),
        headline="Inget lästes in.",
    )
    assert error.told().splitlines()[0] == "Inget lästes in."
    assert [line.split(":")[0] for line in error.told().splitlines()[1:]] == ["rad 2", "rad 3"]
    assert str(error) == error.told()
    assert error._render_traceback_() == [error.told()]
    assert error.exit_code == 3


def test_a_place_without_a_value_is_left_out() -> None:
    """Nothing is said about a line or a sheet that nobody knows."""
    finding = errors.Finding("any", place={"file": "accounts.csv", "line": None, "sheet": ""})
    assert finding.where() == "accounts.csv"


@pytest.mark.usefixtures("_own_words")
def test_a_problem_is_one_error_ready_to_raise() -> None:
    """`raise problem(...)` needs no more than the rule and its values."""
    with pytest.raises(errors.KamError, match="väntade ett tal"):
        raise errors.problem("not_a_number", found="x", cure="1")


@pytest.mark.parametrize(
    ("found", "near"),
    [("A-O17", "A-017"), ("segmentering", "segmentation"), ("zzz", text.MISSING)],
)
def test_the_nearest_names_are_offered(found: str, near: str) -> None:
    """A slip of the finger finds what was meant; nothing near is a dash."""
    assert errors.nearest(found, ["A-017", "segmentation", "review"]) == near
