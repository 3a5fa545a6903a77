"""Who counts as one customer: accounts rolled up to the top of their group, with their facts of the last year.

A decision unit is the account at the end of a chain of `parent_id`. A parent that is not among the accounts ends
the chain; a ring of parents is broken at its first id. Both are told, never silently mended.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamlib.errors import Finding
from kamlib.method.once import once
from kamlib.schema import Portfolio

Places = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Fewer months than this, compared with the same months a year earlier, are no trend.
LEAST_MONTHS = 3


def roots(accounts: pd.DataFrame) -> pd.Series:
    """Return the decision unit of every account, by account_id."""
    ids = pd.Index(accounts["account_id"])
    return pd.Series(np.asarray(ids)[_tops(accounts)], index=ids, dtype="str")


@once
def groups_of(portfolio: Portfolio) -> pd.Series:
    """Return the top parent of every account, by account_id, counted once: a customer group counts once."""
    return roots(portfolio.account)


def _parents(accounts: pd.DataFrame) -> Places:
    ids = pd.Index(accounts["account_id"])
    found = ids.get_indexer(pd.Index(accounts["parent_id"]))
    return np.where(found < 0, np.arange(len(ids)), found)


def _tops(accounts: pd.DataFrame) -> Places:
    parents = _parents(accounts)
    tops = parents.copy()
    for _ in range(max(1, len(parents).bit_length())):
        tops = tops[tops]
    ids = accounts["account_id"].to_numpy()
    for member in np.unique(tops[parents[tops] != tops]):
        ring = _ring(parents, int(member))
        tops[np.isin(tops, ring)] = min(ring, key=lambda place: str(ids[place]))
    return tops


def _ring(parents: Places, start: int) -> list[int]:
    ring = [start]
    while parents[ring[-1]] != start:
        ring.append(int(parents[ring[-1]]))
    return ring


def findings(accounts: pd.DataFrame) -> list[Finding]:
    """Return one finding for each parent that is not among the accounts and for each ring of parents."""
    known = set(accounts["account_id"])
    named = accounts[accounts["parent_id"].notna() & (accounts["parent_id"] != "")]
    dangling = named[~named["parent_id"].isin(known)].groupby("parent_id")["account_id"].agg(list)
    told = [
        Finding("parent_unknown", "warning", {}, {"parent": parent, "accounts": ", ".join(children[:5])})
        for parent, children in dangling.items()
    ]
    parents, tops = _parents(accounts), _tops(accounts)
    ids = accounts["account_id"].to_numpy()
    for top in np.unique(tops[parents[tops] != tops]):
        ring = ", ".join(sorted(str(ids[place]) for place in _ring(parents, int(top))))
        told.append(Finding("parent_ring", "warning", {}, {"accounts": ring, "top": ids[top]}))
    return told


@once
def decision_units(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit, ordered by account_id, with the facts of the last twelve months (R12).

    Columns: account_id, name, members, countries, revenue_12m, margin_12m, margin_known_share (of revenue),
    service_cost_12m, profit_12m (margin after service cost), growth_share (the same months a year earlier),
    change (the same in money, margin where known), product_groups, is_new. Money in the workspace's currency;
    what is not known is missing.
    """
    accounts = portfolio.account.sort_values("account_id", ignore_index=True)
    tops = _tops(accounts)
    units, unit_of = np.unique(tops, return_inverse=True)
    found = accounts.iloc[units][["account_id", "name"]].reset_index(drop=True)
    found["members"] = np.bincount(unit_of, minlength=len(units))
    countries = accounts["country"].groupby(unit_of).nunique()
    found["countries"] = countries.to_numpy() if len(found) else 0
    place_of = pd.Series(unit_of, index=pd.Index(accounts["account_id"]))
    return found.assign(**_sums(portfolio, place_of, len(found)))


def _sums(portfolio: Portfolio, places: pd.Series, n: int) -> dict[str, NDArray[Any]]:
    now = _year(portfolio, places)
    margin = _sum(now, now["contribution_margin"], n)
    with_margin = _sum(now, now["revenue"].where(now["contribution_margin"].notna()), n)
    revenue = _sum(now, now["revenue"], n)
    margin = np.where(_count(now[now["contribution_margin"].notna()], n) > 0, margin, np.nan)
    service = _service_cost(portfolio, places, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(revenue > 0, with_margin / revenue, np.nan)
    return {
        "revenue_12m": revenue,
        "margin_12m": margin,
        "margin_known_share": known,
        "service_cost_12m": service,
        "profit_12m": margin - np.nan_to_num(service),
        **_trend(portfolio, places, n),
        "product_groups": _groups(now, n),
    }


def _year(portfolio: Portfolio, places: pd.Series, *, months: int = 12, back: int = 0) -> pd.DataFrame:
    window = portfolio.window(months, back=back)
    if window is None:
        return portfolio.revenue.iloc[:0].assign(place=np.array([], dtype=np.intp))
    month = portfolio.revenue["month"].to_numpy()
    within = (month >= np.datetime64(window[0])) & (month <= np.datetime64(window[1]))
    rows = portfolio.revenue[within]
    return _placed(rows, places)


def _placed(rows: pd.DataFrame, places: pd.Series) -> pd.DataFrame:
    position = places.index.get_indexer(pd.Index(rows["account_id"]))
    known = position >= 0
    return rows[known].assign(place=places.to_numpy()[position[known]])


def _sum(rows: pd.DataFrame, amounts: pd.Series, n: int) -> Floats:
    known = np.nan_to_num(amounts.to_numpy(dtype=float))
    return np.bincount(rows["place"], weights=known, minlength=n).astype(float)


def _count(rows: pd.DataFrame, n: int) -> Places:
    return np.bincount(rows["place"], minlength=n)


def _service_cost(portfolio: Portfolio, places: pd.Series, n: int) -> Floats:
    window = portfolio.window(12)
    costs = portfolio.service_cost
    rows = _placed(costs[costs["month"].between(*window)] if window else costs.iloc[:0], places)
    spent: Floats = np.where(_count(rows, n) > 0, _sum(rows, rows["cost"], n), np.nan)
    return spent


def _trend(portfolio: Portfolio, places: pd.Series, n: int) -> dict[str, NDArray[Any]]:
    months = _comparable_months(portfolio)
    nothing = np.full(n, np.nan)
    if months < LEAST_MONTHS:
        return {"growth_share": nothing, "change": nothing, "is_new": np.zeros(n, dtype=bool)}
    now, before = (_year(portfolio, places, months=months, back=back) for back in (0, 12))
    sold, sold_before = _sum(now, now["revenue"], n), _sum(before, before["revenue"], n)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where(sold_before > 0, sold / sold_before - 1.0, np.nan)
    earned, earned_before = (_sum(rows, rows["contribution_margin"], n) for rows in (now, before))
    has_margin = (earned != 0) & (earned_before != 0)
    change = np.where(has_margin, earned - earned_before, sold - sold_before)
    return {"growth_share": growth, "change": change, "is_new": (sold > 0) & (sold_before <= 0)}


def year_pairs(portfolio: Portfolio, *, back: int = 0) -> tuple[Floats, Floats]:
    """Return the revenue of each decision unit (row) by month, the last months and the same ones a year before.

    Rows stand as in `decision_units`, columns from the oldest month to the newest: at most twelve, as many as both
    years hold. `back` months ago: the same of an earlier time.
    """
    accounts = portfolio.account.sort_values("account_id", ignore_index=True)
    tops, unit_of = np.unique(_tops(accounts), return_inverse=True)
    places = pd.Series(unit_of, index=pd.Index(accounts["account_id"]))
    months = max(0, _comparable_months(portfolio, back))
    now, before = (_by_month(portfolio, places, (len(tops), months), start) for start in (back, back + 12))
    return now, before


def _by_month(portfolio: Portfolio, places: pd.Series, shape: tuple[int, int], back: int) -> Floats:
    units, months = shape
    rows = _year(portfolio, places, months=months, back=back) if months else _year(portfolio, places).iloc[:0]
    days, last = rows["month"].dt, pd.Timestamp(portfolio.facts_through or 0)
    age = (last.year - days.year) * 12 + last.month - days.month - back
    cell = rows["place"].to_numpy() * months + (months - 1 - age.to_numpy())
    amounts = np.nan_to_num(rows["revenue"].to_numpy(dtype=float))
    return np.bincount(cell, weights=amounts, minlength=units * months).astype(float).reshape(shape)


def _comparable_months(portfolio: Portfolio, back: int = 0) -> int:
    if portfolio.facts_through is None:
        return 0
    first, last = pd.Timestamp(portfolio.revenue["month"].min()), portfolio.facts_through
    return min(12, (last.year - first.year) * 12 + last.month - first.month + 1 - 12 - back)


def _groups(rows: pd.DataFrame, n: int) -> Places:
    codes, names = pd.factorize(rows["product_group"])
    known = codes >= 0
    pairs = np.unique(rows["place"].to_numpy()[known] * max(1, len(names)) + codes[known])
    return np.bincount(pairs // max(1, len(names)), minlength=n)
