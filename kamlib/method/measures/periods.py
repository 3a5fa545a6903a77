"""Periods and the few sums that every measure needs."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from kamlib.schema import Bundle

MISSING = float("nan")


def one_row(**values: Any) -> pd.DataFrame:
    """Return a table of one row."""
    return pd.DataFrame([values])


def today(bundle: Bundle) -> pd.Timestamp:
    """Return the as-of day as a timestamp."""
    return pd.Timestamp(bundle.as_of)


def ratio(part: float, whole: float) -> float:
    """Return `part / whole`, missing where the whole is not positive."""
    return part / whole if whole > 0 else MISSING


def within(rows: pd.DataFrame, when: str, window: tuple[Any, Any] | None) -> pd.DataFrame:
    """Return the rows whose date lies in `window`, both ends included; none without a window."""
    if window is None or rows.empty:
        return rows.iloc[:0]
    # Bare arrays, and no frame of no rows cut out of thirty columns: asked some forty times a page.
    days, (first, last) = rows[when].to_numpy(), (end.to_datetime64() for end in window)
    inside = (days >= first) & (days <= last)
    found: pd.DataFrame = rows[inside] if inside.any() else rows.iloc[:0]
    return found


def past_year(bundle: Bundle, rows: pd.DataFrame, when: str, months: int = 12) -> pd.DataFrame:
    """Return the rows dated in the `months` up to the as-of day."""
    return within(rows, when, _months_to(today(bundle), months))


@cache
def _months_to(last: pd.Timestamp, months: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    return last - pd.DateOffset(months=months) + pd.Timedelta(days=1), last
