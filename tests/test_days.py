"""Dates judged per column: one format fits all, or we ask."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.data import days

FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d"]


def read(*texts: str, given: str = "", months: bool = False) -> days.Read:
    """Judge one column of distinct texts, one row each."""
    return days.read(list(texts), np.ones(len(texts), np.int64), given=given, months=months)


def iso(found: days.Read) -> list[str]:
    """The days as text."""
    return [str(day.astype("datetime64[D]")) for day in found.parsed]


@pytest.mark.parametrize("form", FORMATS)
def test_every_usual_format_is_found_from_the_column(form: str) -> None:
    """31 December and 13 January settle what is day and what is month."""
    wanted = [dt.date(2026, 12, 31), dt.date(2025, 1, 13), dt.date(2026, 2, 3)]
    found = read(*(day.strftime(form) for day in wanted))
    assert iso(found) == [day.isoformat() for day in wanted]


def test_day_or_month_first_is_asked_never_guessed() -> None:
    """`01/02/2026` alone may be two days; a given format settles it."""
    assert read("01/02/2026", "03/04/2026").whole == "ambiguous_date"
    assert iso(read("01/02/2026", given="%d/%m/%Y")) == ["2026-02-01"]
    assert iso(read("05/05/2026")) == ["2026-05-05"]


def test_dots_never_put_the_month_first() -> None:
    """`01.02.2026` is the first of February wherever dots are used."""
    assert iso(read("01.02.2026")) == ["2026-02-01"]


def test_two_formats_in_one_column_are_refused() -> None:
    """The rarer one is told with an example of the other; no cell is flipped."""
    found = read("2026-01-31", "2026-02-28", "01/02/2026")
    assert list(found.rules) == [None, None, "mixed_dates"]
    assert found.said["other"] == "2026-01-31"


@pytest.mark.parametrize(
    "said", ["2026-02-30", "2026-13-01", "45123", "soon", "2026", "1", "2026-9", "31/31/2026"]
)
def test_what_is_no_day_is_told(said: str) -> None:
    """30 February, Excel's serial numbers, words and bare years."""
    assert list(read(said, "2026-01-31").rules) == ["not_a_date", None]


@pytest.mark.parametrize("said", ["9999-12-31", "0001-01-01", "1899-12-30"])
def test_dates_that_mean_no_date_are_told(said: str) -> None:
    """Systems write the end of time for 'open'; it is read as empty, with a warning."""
    found = read(said, "2026-01-31")
    assert found.rules[0] == "date_out_of_range"
    assert np.isnat(found.parsed[0])


@pytest.mark.parametrize(
    "said", ["2026-09", "202609", "09/2026", "2026/09", "2026-09-17", "20260917", "2026-09-30 14:05"]
)
def test_a_month_may_be_any_day_of_it(said: str) -> None:
    """The first day stands for the month."""
    assert iso(read(said, months=True)) == ["2026-09-01"]


@pytest.mark.parametrize(
    "said", ["2026-03-29T02:30:00Z", "2026-03-29 00:00", "2026-03-29T23:59:59.123+02:00", "2026-03-29"]
)
def test_the_day_is_the_day_that_is_written(said: str) -> None:
    """A time of day or zone never moves a date."""
    assert iso(read(said)) == ["2026-03-29"]


@given(
    st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2060, 1, 1)), min_size=1, max_size=6, unique=True),
    st.sampled_from(FORMATS),
)
def test_a_column_is_read_right_or_asked(wanted: list[dt.date], form: str) -> None:
    """Never a wrong day: with any one format the answer is right, or it is a question."""
    found = read(*(day.strftime(form) for day in wanted))
    assert found.whole == "ambiguous_date" or iso(found) == [day.isoformat() for day in wanted]


@given(st.lists(st.text(alphabet="0123456789-/. T:Z+", max_size=12), max_size=6), st.booleans())
def test_any_text_is_a_day_or_told(texts: list[str], months: bool) -> None:
    """Never an exception; a day, a missing value or a rule for every cell."""
    found = read(*texts, months=months)
    for text, value, rule in zip(texts, found.parsed, found.rules, strict=True):
        assert rule or not np.isnat(value) or not text or found.whole
