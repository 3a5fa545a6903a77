"""From text to values, one column at a time: one number style and one date format fit the whole column, or we ask.

Each distinct text is parsed once. A cell that cannot be read gets the name of the rule it breaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kamlib import schema
from kamlib.data import days, numbers
from kamlib.data.mapping import FileMapping
from kamlib.data.raw import DAY, NUMBER, Marks, Rows, Texts

MISSING = frozenset({"", "-", "–", "null", "n/a", "na", "nan", "none"})
"""Said instead of a value, for every kind but text and id: there `NA` is a company or a region."""

_SHEET_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SAKNAS!"})
_YES = {"ja", "yes", "1", "x", "true", "sant", "j", "y"}
_NO = {"nej", "no", "0", "false", "falskt", "n"}


@dataclass(frozen=True)
class Fault:
    """One rule that some rows of a column break; `values` fill its sentence beside what was found."""

    rule: str
    rows: Rows
    values: dict[str, Any] = field(default_factory=dict)
    whole: bool = False


@dataclass(frozen=True)
class Parsed:
    """One column: its values in the dtype of its kind (missing where none or unreadable) and its faults."""

    parsed: npt.NDArray[Any]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Words:
    """The distinct texts of a column, trimmed, how many rows hold each, and per text the value and broken rule."""

    texts: list[str]
    counts: Rows
    parsed: npt.NDArray[Any]
    rules: npt.NDArray[np.object_]
    whole: str = ""
    said: dict[str, Any] = field(default_factory=dict)


def parse(column: schema.Column, cells: Texts, marks: Marks | None, entry: FileMapping) -> Parsed:
    """Return the column's values; cells that a workbook holds as number or date keep that meaning."""
    mark = DAY if column.kind in ("date", "month") else NUMBER
    is_marked = marks is not None and column.kind not in _PLAIN
    typed = np.flatnonzero(marks == mark) if is_marked else np.empty(0, np.int64)
    if not len(typed):
        return _parse(column, cells, entry)
    free = np.setdiff1d(np.arange(len(cells)), typed)
    machine = FileMapping(decimal=".", dates="%Y-%m-%d", unit=entry.unit, currency=entry.currency)
    parts = [(typed, _parse(column, cells[typed], machine)), (free, _parse(column, cells[free], entry))]
    return _together(len(cells), parts)


def _together(count: int, parts: list[tuple[Rows, Parsed]]) -> Parsed:
    values = np.empty(count, parts[0][1].parsed.dtype)
    faults: list[Fault] = []
    for rows, part in parts:
        values[rows] = part.parsed
        faults += [Fault(fault.rule, rows[fault.rows], fault.values, fault.whole) for fault in part.faults]
    return Parsed(values, tuple(faults))


def _parse(column: schema.Column, cells: Texts, entry: FileMapping) -> Parsed:
    codes, distinct = pd.factorize(cells)
    counts = np.bincount(codes, minlength=len(distinct)).astype(np.int64)
    texts = [word.strip() for word in distinct]
    words = _READERS[column.kind](column, texts, counts, entry)
    sheet_errors = [word in _SHEET_ERRORS for word in texts]
    words.rules[sheet_errors] = "sheet_error"
    words.parsed[sheet_errors] = _nothing(words.parsed.dtype)
    broken = dict.fromkeys(str(rule) for rule in words.rules if rule)
    faults = [Fault(rule, np.flatnonzero((words.rules == rule)[codes]), words.said) for rule in broken]
    if words.whole:
        faults.append(Fault(words.whole, np.flatnonzero(_unclear(words)[codes]), words.said, whole=True))
    return Parsed(words.parsed[codes] if texts else words.parsed, tuple(faults))


def _unclear(words: Words) -> npt.NDArray[np.bool_]:
    unclear = set(words.said.get("unclear", ()))
    return np.array([text in unclear for text in words.texts], dtype=bool)


def _nothing(dtype: np.dtype[Any]) -> Any:
    return {"f": np.nan, "M": np.datetime64("NaT"), "O": None}[dtype.kind]


def _absent(texts: list[str]) -> npt.NDArray[np.bool_]:
    return np.array([text.casefold() in MISSING for text in texts], dtype=bool)


def _objects(values: list[Any]) -> npt.NDArray[np.object_]:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _rules(rule: str, broken: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    rules = _objects([None] * len(broken))
    rules[broken] = rule
    return rules


def _text(column: schema.Column, texts: list[str], counts: Rows, entry: FileMapping) -> Words:  # noqa: ARG001
    return Words(texts, counts, _objects([text or None for text in texts]), _objects([None] * len(texts)))


def _id(column: schema.Column, texts: list[str], counts: Rows, entry: FileMapping) -> Words:
    floats = [text for text in texts if text]
    # A column of ids that passed through floats: `17850.0` is `17850`; one true id among them and all stay.
    if floats and all(text.endswith(".0") and text[:-2].isdecimal() for text in floats):
        texts = [text[:-2] for text in texts]
    return _text(column, texts, counts, entry)


def _flag(column: schema.Column, texts: list[str], counts: Rows, entry: FileMapping) -> Words:  # noqa: ARG001
    folded, absent = [text.casefold() for text in texts], _absent(texts)
    values = _objects([True if word in _YES else False if word in _NO else None for word in folded])
    known = np.array([word in _YES or word in _NO for word in folded], dtype=bool)
    return Words(texts, counts, values, _rules("not_a_flag", ~(absent | known)))


def _choice(column: schema.Column, texts: list[str], counts: Rows, entry: FileMapping) -> Words:  # noqa: ARG001
    codes = {label.casefold(): code for code, labels in column.choices.items() for label in labels.values()}
    codes |= {code.casefold(): code for code in column.choices}
    values = _objects([codes.get(text.casefold()) for text in texts])
    settled = np.array([value is not None for value in values], dtype=bool) | _absent(texts)
    rules = _rules("not_a_choice", ~settled)
    return Words(texts, counts, values, rules, said={"expected": ", ".join(column.choices)})


def _number(column: schema.Column, texts: list[str], counts: Rows, entry: FileMapping) -> Words:
    absent = _absent(texts)
    present = ["" if gone else text for text, gone in zip(texts, absent, strict=True)]
    read = numbers.read(present, counts, _style(column, entry))
    values, rules = read.parsed, read.rules
    if column.kind in ("integer", "scale"):
        broken = ~np.isnan(values) & (values != np.floor(values))
        rules[broken], values[broken] = "not_whole", np.nan
    if column.kind == "money":
        values = np.rint(values * 100) / 100
    return Words(texts, counts, values, rules, read.whole, read.said)


def _style(column: schema.Column, entry: FileMapping) -> numbers.Style:
    return numbers.Style(
        decimal=entry.decimal,
        currency=entry.currency or "SEK",
        unit=entry.unit if column.kind == "money" else "",
        is_money=column.kind == "money",
        is_share=column.kind == "share",
    )


def _date(column: schema.Column, texts: list[str], counts: Rows, entry: FileMapping) -> Words:
    absent = _absent(texts)
    wanted = ["" if gone else text for text, gone in zip(texts, absent, strict=True)]
    read = days.read(wanted, counts, given=entry.dates, months=column.kind == "month")
    return Words(texts, counts, read.parsed, read.rules, read.whole, read.said)


Reader = Callable[[schema.Column, list[str], Rows, FileMapping], Words]
_PLAIN = ("text", "id", "choice", "flag")
_READERS: dict[str, Reader] = {
    "text": _text,
    "id": _id,
    "choice": _choice,
    "flag": _flag,
    **dict.fromkeys(("money", "share", "number", "integer", "scale"), _number),
    **dict.fromkeys(("date", "month"), _date),
}
