"""The words of a figure, and the rules that choose its title (method.md P21)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib import text
from kamlib.show.figure import Words, short

#: A name or list longer than this makes no title.
_LONGEST = 90


def worded(name: str, case: str, /, **values: Any) -> Words:
    """Return the words of the figure `name` with the title that the data chose; long names are cut in it."""
    values = {key: short(said, _LONGEST) if isinstance(said, str) else said for key, said in values.items()}
    return Words(
        text.t(f"chart.{name}.title.{case}", **values),
        text.t(f"chart.{name}.subtitle", **values),
        text.t(f"chart.{name}.description", **values),
        text.t(f"chart.{name}.note", **values),
    )


def all_case(count: int, of: int) -> str:
    """Return unknown (of none), all, none or some."""
    if of == 0:
        return "unknown"
    return "all" if count == of else "none" if count == 0 else "some"


def growth_case(growth: float, flat: float, *, known: bool = True) -> str:
    """Return up, down, flat (within +-`flat`), new (no year to compare with) or unknown."""
    if not known:
        return "unknown"
    if pd.isna(growth):
        return "new"
    return "flat" if abs(growth) < flat else "up" if growth > 0 else "down"


def driver_case(change: pd.Series, before: float, limit: float) -> str:
    """Return up or down where one part moved the whole by at least `limit`, else even."""
    largest = float(max(change, key=abs))
    if before <= 0 or abs(largest) / before < limit:
        return "even"
    return "up" if largest > 0 else "down"


def concentration_case(few: int, customers: int, flat: float) -> str:
    """Return flat where more than `flat` of the customers are needed, else steep."""
    return "flat" if few > flat * customers else "steep"


def apart_case(apart: float, same: float) -> str:
    """Return faster, slower, or alike where the difference is smaller than `same`."""
    return "alike" if abs(apart) < same else "faster" if apart > 0 else "slower"


def spread_case(apart: pd.Series, customers: int, same: float) -> str:
    """Return one (a single customer), alike where no part differs by more than `same`, else apart."""
    if customers == 1:
        return "one"
    return "alike" if float(apart.max()) <= same else "apart"
