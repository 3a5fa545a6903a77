"""Words said later: a value and how it is to be written, without a language.

The method computes and hands these on; they become text in the reader's language where somebody reads them (`str`, or a
place in a sentence of the catalogue). So nothing that is computed knows a language, and nothing is kept per language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamlib import text


@dataclass(frozen=True)
class Words:
    """What `writer` of `text` will say of `value`; equal where it says the same of the same."""

    writer: str
    value: Any
    options: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        written: str = getattr(text, self.writer)(self.value, **dict(self.options))
        return written


def _later(writer: str, value: Any, /, **options: Any) -> Words:
    return Words(writer, value, tuple(options.items()))


def money(amount: float | None, currency: str = "SEK", *, signed: bool = False) -> Words:
    """An amount as a board reads it."""
    return _later("money", amount, currency=currency, signed=signed)


def money_unit(currency: str) -> Words:
    """The unit in which large amounts are told."""
    return _later("money_unit", currency)


def number(value: float | None, digits: int = 0, *, signed: bool = False) -> Words:
    """A number with the language's separators."""
    return _later("number", value, digits=digits, signed=signed)


def figure(value: float | None, unit: str | None = None) -> Words:
    """A number as people write it, with its unit: a goal's baseline, a reading, a target."""
    return _later("figure", value, unit=unit)


def percent(share: float | None, digits: int = 0, *, signed: bool = False) -> Words:
    """A share 0..1 in percent."""
    return _later("percent", share, digits=digits, signed=signed)


def points(share: float | None, digits: int = 0, *, signed: bool = True) -> Words:
    """A difference of shares in percentage points."""
    return _later("points", share, digits=digits, signed=signed)


def day(value: date | None) -> Words:
    """A date as ISO."""
    return _later("day", value)


def long_day(value: date | None) -> Words:
    """A date in words."""
    return _later("long_day", value)


def month(value: date | None) -> Words:
    """A month."""
    return _later("month", value)


def quarter(value: date | None, starts: int = 1) -> Words:
    """The quarter of a fiscal year that starts in month `starts`."""
    return _later("quarter", value, starts=starts)


def label(choice_set: str, code: str | None) -> Words:
    """The label of a stored code."""
    return _later("label_of", (choice_set, code))


def table(name: str) -> Words:
    """What a table is called, within a sentence."""
    return _later("table_title", name)


def heading(*keys: str) -> Words:
    """What the catalogue calls a table or a column, as a heading; the first of `keys` that it has."""
    return _later("heading", keys)


def listed(parts: Iterable[object]) -> Words:
    """Parts as a sentence joins them: a, b and c."""
    return _later("listed", tuple(parts))


def yes_no(value: bool | None) -> Words:  # noqa: FBT001  the value that is written
    """A flag as yes or no."""
    return _later("yes_no", value)


def sentence(key: str, /, **values: Any) -> Words:
    """A sentence of the catalogue with its values."""
    return _later("t", key, **values)


def joined(parts: Iterable[object], between: str = " ") -> Words:
    """Sentences one after the other."""
    return _later("joined", tuple(parts), between=between)


@dataclass(frozen=True)
class Figure(Words):
    """A number with a name: under one name, of one thing, it is one value in the same words on every page.

    `of` tells rows of the same name apart (a goal, a product group). `tables` are the tables that it is counted from,
    `data_on` the day of their newest row, `known` how many of how many it covers; None where that is not the question.
    """

    name: str = ""
    account_id: str = ""
    of: str = ""
    unit: str = ""
    formula: str = ""
    tables: tuple[str, ...] = ()
    data_on: date | None = None
    known: tuple[int, int] | None = None


def figures_in(value: Any) -> list[Figure]:
    """Return the figures in a value, in a sentence's values or in words made of others, in their order."""
    if isinstance(value, Figure):
        return [value]
    if isinstance(value, Words):
        return figures_in([value.value, dict(value.options)])
    if isinstance(value, Mapping):
        value = list(value.values())
    return [each for part in value for each in figures_in(part)] if isinstance(value, (list, tuple)) else []
