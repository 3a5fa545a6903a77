"""Periods and the few sums that every measure needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar

import pandas as pd

from kamlib.schema import Account, Bundle, Row
from kamlib.schema.days import months_from


class Monthly(Protocol):
    """A row of one month."""

    @property
    def month(self) -> date:
        """The first day of the month."""


M = TypeVar("M", bound=Monthly)
R = TypeVar("R", bound=Row)


def rows_of(bundle: Bundle, row: type[R]) -> tuple[R, ...]:
    """Return a table's rows, of one account or of all of them; for tables that people write, never for revenue."""
    table = row.table
    rows: tuple[R, ...] = (
        bundle.rows[table.name] if isinstance(bundle, Account) else table.rows(bundle.tables[table.name])  # type: ignore[assignment]
    )
    return rows


def in_months(rows: Iterable[M], ends: tuple[date, date] | None) -> list[M]:
    """Return the rows whose month lies from the first of `ends` to the second; none without them."""
    return [each for each in rows if ends[0] <= each.month <= ends[1]] if ends else []


def total(amounts: Iterable[float | None]) -> float | None:
    """Return the sum of what is known; None where nothing is."""
    known = [each for each in amounts if each is not None]
    return sum(known) if known else None


def mean(amounts: Iterable[float | None]) -> float | None:
    """Return the mean of what is known; None where nothing is."""
    known = [each for each in amounts if each is not None]
    return sum(known) / len(known) if known else None


def share_of(part: float | None, whole: float | None) -> float | None:
    """Return `part / whole`; None where one of them is not known or the whole is not positive."""
    return part / whole if part is not None and whole is not None and whole > 0 else None


def since(bundle: Bundle, months: int = 12) -> date:
    """Return the first day of the `months` up to the as-of day."""
    return months_from(bundle.today, -months) + timedelta(days=1)


# --- on frames of many accounts


def known_or_none(amount: float) -> float | None:
    """Return an amount of a frame as a row holds it: None where it is missing."""
    return None if pd.isna(amount) else float(amount)


def within(rows: pd.DataFrame, when: str, window: tuple[Any, Any] | None) -> pd.DataFrame:
    """Return the rows whose date lies in `window`, both ends included; none without a window."""
    if window is None or rows.empty:
        return rows.iloc[:0]
    # Bare arrays, and no frame of no rows cut out of thirty columns: asked some forty times a page.
    days, (first, last) = rows[when].to_numpy(), (end.to_datetime64() for end in window)
    inside = (days >= first) & (days <= last)
    found: pd.DataFrame = rows[inside] if inside.any() else rows.iloc[:0]
    return found
