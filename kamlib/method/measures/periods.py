"""Periods and the few sums that every measure needs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib.schema import AccountView, Portfolio

Bundle = AccountView | Portfolio
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
    if window is None:
        return rows.iloc[:0]
    days, (first, last) = rows[when].to_numpy(), (end.to_datetime64() for end in window)
    inside: pd.DataFrame = rows[
        (days >= first) & (days <= last)
    ]  # bare arrays: asked some forty times a page
    return inside


def past_year(bundle: Bundle, rows: pd.DataFrame, when: str, months: int = 12) -> pd.DataFrame:
    """Return the rows dated in the `months` up to the as-of day."""
    last = today(bundle)
    return within(rows, when, (last - pd.DateOffset(months=months) + pd.Timedelta(days=1), last))
