"""Numbers judged per column: one decimal sign, no guessed unit, no exponent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.data import numbers
from kamlib.data.numbers import Style

MONEY = Style(is_money=True)


def read(*texts: str, style: Style = MONEY) -> numbers.Read:
    """Judge one column of distinct texts, one row each."""
    return numbers.read(list(texts), np.ones(len(texts), np.int64), style)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1 234 567,50", 1234567.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1\u2009234,5", 1234.5),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1'234.50", 1234.5),
        ("-12,5", -12.5),
        ("\u221212,5", -12.5),
        ("(1 234,50)", -1234.5),
        ("(1 234,50 kr)", -1234.5),
        ("12,50-", -12.5),
        ("100 kr", 100),
        ("100 kr.", 100),
        ("100:-", 100),
        ("SEK 99,90", 99.9),
        ("- 5", -5),
        ("kr -5", -5),
        ("+5", 5),
        (",5", 0.5),
        ("007", 7),
        ("1,234,567", 1234567),
        ("0,125", 0.125),
        ("", np.nan),
    ],
)
def test_the_usual_ways_of_writing_a_number(said: str, meant: float) -> None:
    """Spaces of every kind, both decimal signs, currency, brackets and minus signs."""
    found = read(said)
    np.testing.assert_equal(found.parsed, [meant])
    assert found.rules[0] is None


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("12,5 mkr", "unit_asked"),
        ("12,5 MSEK", "unit_asked"),
        ("12 tkr", "unit_asked"),
        ("1e5", "number_exponent"),
        ("1,5E+05", "number_exponent"),
        ("0x10", "not_a_number"),
        ("100 EUR", "other_currency"),
        ("€5", "other_currency"),
        ("12 345 6", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("1,2,3", "not_a_number"),
        ("--5", "not_a_number"),
        ("-5-", "not_a_number"),
        ("(-5)", "not_a_number"),
        ("(5", "not_a_number"),
        ("5 %", "not_a_number"),
        ("abc", "not_a_number"),
        ("2026-09-30", "not_a_number"),
        ("inf", "not_a_number"),
        ("1_000", "not_a_number"),
        ("٣", "not_a_number"),
        ("9" * 400, "number_too_large"),
    ],
)
def test_what_is_not_a_plain_number_is_refused(said: str, rule: str) -> None:
    """A unit is a decision, an exponent a loss of digits; nothing is guessed."""
    found = read(said, "1,5")
    assert list(found.rules) == [rule, None]
    assert np.isnan(found.parsed[0])


def test_a_lone_thousand_is_asked_and_settled_by_the_column() -> None:
    """`1,234` alone is asked; beside `12,5` it has three decimals, beside `12.5` it is thousands."""
    assert read("1,234", "12").whole == "ambiguous_number"
    assert list(read("1,234", "12,5").parsed) == [1.234, 12.5]
    assert list(read("1,234", "12.5").parsed) == [1234, 12.5]
    assert list(read("1,234", "12", style=Style(decimal=",")).parsed) == [1.234, 12]
    assert list(read("1,234", "12", style=Style(decimal=".")).parsed) == [1234, 12]


def test_two_decimal_signs_in_one_column_are_refused() -> None:
    """The rarer way is told with an example of the other."""
    found = read("1,5", "2,5", "3.5")
    assert list(found.rules) == [None, None, "mixed_numbers"]
    assert found.said["other"] == "1,5"


def test_a_given_unit_scales_and_may_stand_in_the_cells() -> None:
    """With `unit: mkr` both `12,5` and `12,5 mkr` are 12.5 million; `tkr` is still refused."""
    found = read("12,5", "0,5 mkr", "7,0 tkr", style=Style(unit="mkr", is_money=True))
    np.testing.assert_equal(found.parsed, [12_500_000, 500_000, np.nan])
    assert found.rules[2] == "unit_asked"


def test_percent_is_for_shares() -> None:
    """`12 %` is 0.12 exactly."""
    assert list(read("57 %", "0,5", style=Style(is_share=True)).parsed) == [0.57, 0.5]


PLAIN = st.integers(-(10**8), 10**8)


@given(
    st.lists(st.tuples(PLAIN, st.integers(0, 9999), st.integers(1, 4)), min_size=1, max_size=8),
    st.sampled_from(".,"),
)
def test_the_fast_path_gives_the_same_answer(parts: list[tuple[int, int, int]], sign: str) -> None:
    """A column of bare numbers is read as a whole; a harmless cell forces the slow path: same values or same question."""
    texts = list(dict.fromkeys(f"{whole}{sign}{part:0{digits}d}" for whole, part, digits in parts))
    fast, slow = read(*texts), read(*texts, "1 kr")
    assert fast.whole == slow.whole
    np.testing.assert_array_equal(fast.parsed, slow.parsed[:-1])


@given(st.lists(st.text(alphabet="0123456789.,-+ ()'kre%€x\n", max_size=8), max_size=6))
def test_any_text_is_a_number_or_told(texts: list[str]) -> None:
    """Never an exception; a value, a missing value or a rule for every cell."""
    found = read(*(text.strip() for text in texts))
    for text, value, rule in zip(texts, found.parsed, found.rules, strict=True):
        assert rule or not np.isnan(value) or not text.strip() or found.whole
