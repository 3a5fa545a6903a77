"""Named figures: a number that pages share carries its name, tables and data date with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import pandas as pd

from kamlib import words
from kamlib.method.measures.money import growth_words
from kamlib.method.once import once
from kamlib.schema import TABLES, Account, Bundle
from kamlib.words import Figure, Words

#: Tables of the figures that are no measure of the library.
_TABLES = {
    "revenue": ("revenue",),
    "contribution_margin": ("revenue",),
    "group_revenue": ("revenue",),
    "service_cost": ("service_cost",),
    "wallet_high": ("wallet",),
    "health_worst": ("revenue", "delivery", "commitment", "value", "touchpoint"),
}
#: How each kind of number is written, so that one name is never written in two ways.
WRITERS: Mapping[str, Callable[[Any, Bundle], Words]] = {
    "growth": lambda value, _: growth_words(value),
    "percent": lambda value, _: words.percent(value, 1),
    "part": lambda value, _: words.percent(value),
    "money": lambda value, bundle: words.money(value, bundle.currency),
    "points": lambda value, _: words.number(value, 0, signed=True),
    "score": lambda value, _: words.number(value, 1),
    "count": lambda value, _: words.number(value, 1),
    "whole": lambda value, _: words.number(value),
    "index": lambda value, _: words.number(value, 3),
}
_KINDS = {
    "growth": "growth", "revenue": "money", "margin": "percent", "contribution_margin": "money", "profit": "money",
    "service_cost": "money", "health": "whole", "health_worst": "whole", "exposure": "money", "group_revenue": "money",
    "wallet_high": "money", "delivery": "percent",
}  # fmt: skip
_UNITS = {"percent": "share", "points": "share", "number": "count"}


def figure(bundle: Bundle, name: str, value: float | None, *, of: str = "") -> Figure:
    """Return a number that pages share, under its name and as every page writes it."""
    return named(bundle, name, WRITERS[_KINDS[name]](value, bundle), of=of)


def named(bundle: Bundle, name: str, said: Words, *, of: str = "") -> Figure:
    """Return words as the figure `name` of an account (or of all): its value, unit, tables and their newest day."""
    declared = bundle.settings["kpis"].get(name, {}).get("tables", _TABLES.get(name, ()))
    values: dict[str, Any] = {each.name: getattr(said, each.name) for each in fields(Words)}
    unit = bundle.currency if said.writer == "money" else _UNITS.get(said.writer, said.writer)
    whose = bundle.account_id if isinstance(bundle, Account) else ""
    on = newest_day(bundle, declared)
    return Figure(**values, name=name, account_id=whose, of=of, unit=unit, tables=tuple(declared), data_on=on)


def newest_day(bundle: Bundle, tables: Iterable[str]) -> date | None:
    """Return the day of the newest row of some tables; None where none of them has a day."""
    return max((day for each in tables if (day := _newest(bundle).get(each))), default=None)


@once
def _newest(bundle: Bundle) -> dict[str, date]:
    """Return the newest day of each table that has days."""
    newest = {}
    for name, table in TABLES.items():
        if not table.when:
            continue
        if isinstance(bundle, Account):
            days = [day for row in bundle.rows[name] if (day := getattr(row, table.when))]
            if days:
                newest[name] = max(days)
        elif not pd.isna(day := bundle.tables[name][table.when].max()):
            newest[name] = day.date()
    return newest
