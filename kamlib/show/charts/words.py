"""The words of a figure, and the rules that choose its title (method.md P21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def driver_case(change: pd.Series, before: float, limit: float) -> str:
    """Return up or down where one part moved the whole by at least `limit`, else even."""
    largest = float(max(change, key=abs))
    if before <= 0 or abs(largest) / before < limit:
        return "even"
    return "up" if largest > 0 else "down"


def concentration_case(few: int, customers: int, flat: float) -> str:
    """Return flat where more than `flat` of the customers are needed, else steep."""
    return "flat" if few > flat * customers else "steep"


def spread_case(apart: pd.Series, customers: int, same: float) -> str:
    """Return one (a single customer), alike where no part differs by more than `same`, else apart."""
    if customers == 1:
        return "one"
    return "alike" if float(apart.max()) <= same else "apart"


def bridge_case(groups: pd.Series, before: float, now: float, *, flat: float, driver: float) -> str:
    """Return plain (no named groups), even, offset, up or down.

    Even: no group moved by `driver` of the revenue before. Offset: rises and falls that both do, while the whole stays
    within +-`flat`.
    """
    if groups.empty:
        return "plain"
    if round(groups.abs().max() / before, 9) < driver:
        return "even"
    both = min(groups[groups > 0].sum(), -groups[groups < 0].sum())
    is_flat = round(abs(now / before - 1), 9) < flat
    if (is_flat and round(both / before, 9) >= driver) or now == before:
        return "offset"
    return "up" if now > before else "down"


def part_words(share: float, fractions: Mapping[str, Sequence[float]]) -> str:
    """Return a share as a fraction in words where one of ours holds it (from .. to, both included), else in per cent."""
    found = [name for name, (low, high) in fractions.items() if low <= round(share, 9) <= high]
    return text.t(f"chart.part.{found[0]}") if found else text.percent(share)


def moved_case(changes: pd.Series, step: float) -> tuple[str, str, float]:
    """Return fell, rose, same or unknown, the part that moved most that way, and by how much; a fall is told first."""
    known = changes.dropna()
    if known.empty:
        return "unknown", "", 0.0
    low, high = str(known.idxmin()), str(known.idxmax())
    if known[low] <= -step:
        return "fell", low, float(known[low])
    return ("rose", high, float(known[high])) if known[high] >= step else ("same", "", 0.0)


def promise_case(ours: int, theirs: int, due: int, kept: int) -> str:
    """Return who is overdue (both, ours, theirs), else waiting (nothing due yet), all or some kept on time."""
    if ours or theirs:
        return "both" if ours and theirs else "ours" if ours else "theirs"
    return "waiting" if due == 0 else "all" if kept == due else "some"
