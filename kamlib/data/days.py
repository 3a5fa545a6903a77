"""Dates and months, judged per column: the one format that fits every cell, else we ask; never cell by cell."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_SHAPE = re.compile(r"[\d./ -]{5,10}", re.ASCII)
_TIME = re.compile(r"(.*?\d)[T ]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)? ?(?:Z|UTC|[+-]\d{2}:?\d{2})?")
_YEAR, _SHORT, _TWO = r"(?P<y>\d{4})", r"(?P<y>\d{2})", r"\d{1,2}"
_M, _D = rf"(?P<m>{_TWO})", rf"(?P<d>{_TWO})"
_ORDERS = [
    *(rf"{_YEAR}{by}{_M}{by}{_D}" for by in ("-", "/", r"\.")),
    *(rf"{_D}{by}{_M}{by}{year}" for by in (r"\.", "/", "-", " ") for year in (_YEAR, _SHORT)),
    *(rf"{_M}{by}{_D}{by}{year}" for by in ("/", "-") for year in (_YEAR, _SHORT)),  # dots: never month first
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
]
_SHORT_ORDERS = [r"(?P<y>\d{2})(?P<m>\d{2})(?P<d>\d{2})", r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{2})"]
_SHORT_ORDERS += [rf"{_SHORT}{by}{_M}{by}{_D}" for by in ("-", "/")]
_MONTHS = [
    *(rf"{_YEAR}{by}{_M}" for by in ("-", "/", r"\.")),
    *(rf"{_M}{by}{_YEAR}" for by in ("-", "/", r"\.")),
    r"(?P<y>\d{4})(?P<m>\d{2})",
]
DATE_FORMATS = [re.compile(order, re.ASCII) for order in (*_ORDERS, *_SHORT_ORDERS)]
MONTH_FORMATS = [re.compile(order, re.ASCII) for order in (*_ORDERS, *_MONTHS)]
EARLIEST, LATEST = 1900, 2199

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Read:
    """Per distinct text the day (NaT where none) and the rule it breaks; `whole` asks about the column."""

    parsed: Days
    rules: npt.NDArray[np.object_]
    whole: str = ""
    said: dict[str, Any] = field(default_factory=dict)


def read(texts: list[str], counts: npt.NDArray[np.int64], *, given: str = "", months: bool = False) -> Read:
    """Return the days of a column's distinct texts, months as their first day; times of day are left out."""
    bare = [found[1] if (found := _TIME.fullmatch(text)) else text for text in texts]
    where, order = pd.factorize(np.array(bare, dtype=object))
    formats: list[Any] = [given] if given else list(MONTH_FORMATS if months else DATE_FORMATS)
    choices = np.array([[_day(text, each) for each in formats] for text in order], dtype="datetime64[us]")
    choices = choices.reshape(len(order), len(formats))
    weights: Any = np.bincount(where, weights=counts, minlength=len(order))
    judged = _judge(list(order), choices, weights, given=given)
    values = judged.parsed[where]
    if months:
        values = values.astype("datetime64[M]").astype("datetime64[us]")
    unclear = set(judged.said.pop("unclear", ()))
    asked = [text for text, short in zip(texts, bare, strict=True) if short in unclear]
    return Read(values, judged.rules[where], judged.whole, {**judged.said, "unclear": asked})


def _judge(texts: list[str], choices: Days, weights: Any, *, given: str) -> Read:
    """Choose the format that fits every cell that is a date at all; `choices` is texts by formats."""
    fits: Any = ~np.isnat(choices)
    some: Any = fits.any(axis=1)
    rules: Any = np.empty(len(texts), object)
    rules[:] = [None if text == "" or fit else _why(text) for text, fit in zip(texts, some, strict=True)]
    if not some.any():
        return Read(np.full(len(texts), np.datetime64("NaT"), "datetime64[us]"), rules)
    best = int(np.argmax(weights @ fits))
    common = choices[some][:, fits[some].all(axis=0)]
    said = {"other": next(text for text, fit in zip(texts, fits[:, best], strict=True) if fit)}
    values = choices[:, best].copy()
    if not common.shape[1]:
        rules[some & ~fits[:, best]] = "mixed_dates"
    elif not given and not (common == common[:, :1]).all():
        values[:] = np.datetime64("NaT")
        unclear = [text for text, fit in zip(texts, some, strict=True) if fit]
        return Read(values, rules, "ambiguous_date", {"unclear": unclear})
    return Read(values, rules, "", said)


def _why(text: str) -> str:
    year = re.search(r"\d{4}", text)
    known = any(each.fullmatch(text) for each in DATE_FORMATS)
    return "date_out_of_range" if known and year and not EARLIEST <= int(year[0]) <= LATEST else "not_a_date"


def _day(text: str, form: Any) -> dt.datetime | None:
    """Return the day that one format gives, or None: 31 April and the year 9999 are no days of a business."""
    try:
        if isinstance(form, str):
            day = dt.datetime.strptime(text, form)  # noqa: DTZ007 - a calendar day has no time zone
        elif found := form.fullmatch(text) if _SHAPE.fullmatch(text) else None:
            day = dt.datetime(*_parts(found.groupdict()))  # noqa: DTZ001 - a calendar day has no time zone
        else:
            return None
    except ValueError:
        return None
    return dt.datetime(day.year, day.month, day.day) if EARLIEST <= day.year <= LATEST else None  # noqa: DTZ001


def _parts(found: dict[str, str]) -> tuple[int, int, int]:
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += 2000 if year < 70 else 1900
    return year, int(found["m"]), int(found.get("d", "1"))
