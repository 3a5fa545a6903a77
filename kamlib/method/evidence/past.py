"""What was known at a past date, and what happened in the twelve months after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from kamlib import schema, words
from kamlib.schema import Portfolio, result
from kamlib.words import Words

#: Tables whose rows stay as they were on their day. Others with a date are rewritten later: a won deal was once open.
KEPT_AS_SAID = (
    "revenue",
    "service_cost",
    "delivery",
    "touchpoint",
    "feedback",
    "assessment",
    "selection",
)

#: What master data may say of the past: who the customer is, not what has been found out since.
_WHO = ["account_id", "name"]

_SUMS = {"revenue": ("before", "after"), "contribution_margin": ("margin_before", "margin_after")}


def limit(portfolio: Portfolio, name: str) -> Any:
    """Return one value of the settings' heading `evidence`."""
    return portfolio.settings["evidence"][name]["value"]


def limits(portfolio: Portfolio) -> dict[str, Words]:
    """Return the limits of the tests as words, for the notes below their tables."""
    return {
        "draws": words.number(limit(portfolio, "draws")),
        "least": words.number(limit(portfolio, "events_fewest")),
        "fall": words.percent(-limit(portfolio, "fall_share")),
        "share": words.percent(limit(portfolio, "interval_share")),
    }


def then(portfolio: Portfolio, back: int = 12) -> pd.Timestamp | None:
    """Return the last day known at the past date: the end of the month `back` months before the last complete one."""
    through = portfolio.facts_through
    return None if through is None else through - pd.DateOffset(months=back) + pd.offsets.MonthEnd(1)


def past(portfolio: Portfolio, back: int = 12) -> Portfolio:
    """Return the portfolio as it was known `back` months before the last complete month.

    Only rows dated on or before that day, of tables whose rows nobody rewrites; of master data only id and name.
    """
    day = then(portfolio, back)
    tables = {name: rows.iloc[:0] for name, rows in portfolio.tables.items()}
    who = portfolio.account[_WHO].reindex(columns=portfolio.account.columns)
    tables["account"] = who.astype(portfolio.account.dtypes)
    if day is None:
        return replace(portfolio, tables=tables)
    for name in KEPT_AS_SAID:
        rows = portfolio.tables[name]
        tables[name] = rows[rows[schema.TABLES[name].when] <= day]
    through = day.normalize() - pd.offsets.MonthBegin(1)
    return replace(portfolio, tables=tables, as_of=day.date(), facts_through=through, imported_on=None)


@dataclass(frozen=True)
class Source:
    """A table that holds rows, and how many of them (`used`) were known at the past date.

    `state` is `dated` (used), `later` (dated, but nothing was known yet), `undated` (refused: no date says since when it was known), `rewritten` (refused: the
    row is dated, but holds what became of it later) or `who` (only id and name are used).
    """

    table: str
    title: Words
    rows: int
    used: int
    state: str


@result("evidence_sources")
def sources(portfolio: Portfolio, back: int = 12) -> Iterable[Source]:
    """Return the tables that hold rows, those that are used first."""
    known = {name: len(rows) for name, rows in past(portfolio, back).tables.items()}
    held = [
        Source(name, words.heading(f"table.{name}"), len(rows), known[name], _state(name, known[name]))
        for name, rows in portfolio.tables.items()
        if len(rows)
    ]
    return sorted(held, key=lambda each: ("dated", "later", "who", "rewritten", "undated").index(each.state))


def _state(name: str, used: int) -> str:
    if name in KEPT_AS_SAID:
        return "dated" if used else "later"
    return "who" if name == "account" else "rewritten" if schema.TABLES[name].when else "undated"


def refusal(portfolio: Portfolio, back: int = 12) -> dict[str, Any] | None:
    """Return the sentence (key and values) that says why the past proves nothing here; None where it may be asked.

    Twelve months before the past date, twelve after, and enough customers that bought before it are needed.
    """
    day, least = then(portfolio, back), int(limit(portfolio, "accounts_fewest"))
    first = portfolio.revenue["month"].min()
    held = 0 if day is None or pd.isna(first) else _months(first, portfolio.facts_through)
    if day is None or back < 12 or held < back + 12:
        return {"key": "evidence.refused.history", "needed": max(back, 12) + 12, "held": held}
    bought = len(outcomes(portfolio, back))
    return {"key": "evidence.refused.accounts", "least": least, "n": bought} if bought < least else None


def _months(first: Any, last: Any) -> int:
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    return (end.year - start.year) * 12 + end.month - start.month + 1


def outcomes(portfolio: Portfolio, back: int = 12) -> pd.DataFrame:
    """One row per account that bought in the twelve months up to the past date, and what the next twelve brought.

    Columns: account_id, name, before, after (revenue), margin_before, margin_after (missing where no margin is
    known), growth (after less before), growth_share, is_lost (nothing bought), is_event (lost, or shrunk by the
    limit of the settings or more).
    """
    found = both_years(portfolio, back)
    found = found[found["before"] > 0].reset_index(drop=True)
    share = found["after"] / found["before"] - 1.0
    return found.assign(
        growth=found["after"] - found["before"],
        growth_share=share,
        is_lost=found["after"] <= 0,
        is_event=share <= limit(portfolio, "fall_share") + 1e-12,
    )


def both_years(portfolio: Portfolio, back: int = 12) -> pd.DataFrame:
    """One row per account: revenue and margin in the twelve months up to the past date and in the next twelve."""
    found = portfolio.account[_WHO].set_index("account_id")
    for place, until in enumerate((back, back - 12)):
        sums = _year(portfolio, until)
        for column, names in _SUMS.items():
            found[names[place]] = sums[column].reindex(found.index)
    return found.fillna({"before": 0.0, "after": 0.0}).reset_index()


def _year(portfolio: Portfolio, back: int) -> pd.DataFrame:
    window = portfolio.window(12, back=back)
    rows = portfolio.revenue.iloc[:0]
    if window is not None:
        rows = portfolio.revenue[portfolio.revenue["month"].between(*window)]
    return rows.groupby("account_id")[list(_SUMS)].sum(min_count=1)


def caution(portfolio: Portfolio) -> dict[str, Any]:
    """Return the sentence (key and values) about what these figures can and can't prove (P20)."""
    return {"key": f"evidence.caution.{'invented' if portfolio.is_sample else 'one_year'}"}
