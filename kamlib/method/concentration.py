"""How much a few customers carry, and who earns or costs money once service is counted (S1.4, method.md 6.7)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kamlib import words
from kamlib.method import units
from kamlib.schema import Portfolio
from kamlib.words import Words

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def herfindahl(amounts: ArrayLike) -> float:
    """Return the sum of squared shares, 0..1; missing where nothing is sold. 1 / it is the effective number (6.7)."""
    positive = np.clip(np.asarray(amounts, dtype=float), 0.0, None)
    total = positive.sum()
    return float(((positive / total) ** 2).sum()) if total > 0 else float("nan")


def pareto(amounts: ArrayLike, target: float = 0.8) -> tuple[int, float]:
    """Return how many of the largest carry at least `target` of the whole, and the share they carry in truth."""
    ordered = np.sort(np.clip(np.asarray(amounts, dtype=float), 0.0, None))[::-1]
    if ordered.sum() <= 0:
        return 0, float("nan")
    carried = np.cumsum(ordered) / ordered.sum()
    few = int(np.searchsorted(carried, target - 1e-12) + 1)
    return few, float(carried[few - 1])


@dataclass(frozen=True)
class Concentration:
    """The true Pareto figure: `few` of the `accounts` that bought carry `carried_share` of revenue R12.

    `shape` is concentrated, even or flat; none without revenue.
    """

    accounts: int
    few: int
    carried_share: float | None
    shape: str


def concentration(portfolio: Portfolio) -> Concentration:
    """Return how much a few decision units carry: "k of n carry p %" (S1.4)."""
    sold = units.decision_units(portfolio)["revenue_12m"]
    amounts = sold[sold > 0].to_numpy()
    few, carried = pareto(amounts, portfolio.limit("pareto_target_share"))
    few_share = few / len(amounts) if len(amounts) else float("nan")
    told = shape(few_share, portfolio.limit("flat_concentration_share"))
    return Concentration(len(amounts), few, carried if len(amounts) else None, told)


def headline(portfolio: Portfolio) -> dict[str, Any]:
    """Return the sentence (key and values) with the true figure: "7 of 24 customers carry 84 %" (S1.4)."""
    told = concentration(portfolio)
    carried = words.percent(told.carried_share)
    return {
        "key": f"segment.pareto.{told.shape}",
        "few": told.few,
        "accounts": told.accounts,
        "carried": carried,
    }


def shape(few_share: float, flat_from: float, concentrated_to: float = 0.2) -> str:
    """Return whether few carry most: concentrated (a fifth or less), even, or flat (half or more) (S1.4)."""
    if np.isnan(few_share):
        return "none"
    if few_share <= concentrated_to:
        return "concentrated"
    return "flat" if few_share >= flat_from else "even"


def key_months(portfolio: Portfolio, keys: Collection[str], months: int = 25) -> pd.DataFrame:
    """One row per month with twelve months behind it: revenue of those twelve of the key accounts, and their `share`.

    `keys` are ids of decision units; what their members buy counts with them.
    """
    window = portfolio.window(months + 11)
    if window is None:
        return pd.DataFrame({"revenue": [], "share": []})
    sold = portfolio.revenue[portfolio.revenue["month"].between(*window)]
    months_known = pd.date_range(sold["month"].min(), window[1], freq="MS")
    is_key = sold["account_id"].map(units.groups_of(portfolio)).isin(keys)
    mine, whole = (
        rows.groupby("month")["revenue"].sum().reindex(months_known, fill_value=0.0).rolling(12).sum()
        for rows in (sold[is_key], sold)
    )
    return (
        pd.DataFrame({"revenue": mine, "share": mine / whole.where(whole > 0)})
        .dropna()
        .reset_index(drop=True)
    )


def since_last_year(shares: pd.Series) -> Words | None:
    """Return how a share has moved against twelve months before; nothing without that year."""
    if len(shares) < 13:
        return None
    moved = words.points(shares.iloc[-1] - shares.iloc[-13], 1)
    return words.sentence("segment.figure.moved", points=moved)


def cumulative_shares(profits: ArrayLike) -> Floats:
    """Return profits added up from the best, as shares of their sum; missing where that is not above zero (6.7)."""
    ordered = np.sort(np.asarray(profits, dtype=float))[::-1]
    total = ordered.sum()
    return np.cumsum(ordered) / total if total > 0 else np.full(ordered.shape, np.nan)


def whale_curve(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit that bought, the most profitable first: the whale curve where cost is known (6.7).

    Columns: account_id, name, revenue_12m, margin_12m, service_cost_12m, profit (margin less cost to serve; missing
    where either is not known, such rows stand last), profit_share (of revenue), cumulative_profit, cumulative_share.
    """
    found = units.decision_units(portfolio)
    found = found[found["revenue_12m"] > 0]
    found = found.assign(profit=found["margin_12m"] - found["service_cost_12m"])
    found = found.sort_values(["profit", "account_id"], ascending=[False, True], na_position="last")
    known = int(found["profit"].notna().sum())
    shares = np.full(len(found), np.nan)
    shares[:known] = cumulative_shares(found["profit"].iloc[:known])
    found = found.assign(
        profit_share=found["profit"] / found["revenue_12m"],
        cumulative_profit=found["profit"].cumsum(),
        cumulative_share=shares,
    )
    columns = ["revenue_12m", "margin_12m", "service_cost_12m", "profit", "profit_share", "cumulative_profit"]
    return found[["account_id", "name", *columns, "cumulative_share"]].reset_index(drop=True)


def whale_headline(portfolio: Portfolio) -> dict[str, Any]:
    """Return the sentence (key and values) about who uses up the profit, or what to load."""
    known = whale_curve(portfolio).dropna(subset="profit")
    if known.empty:
        return {"key": "segment.whale.none"}
    last = known.iloc[-1]
    return {
        "key": "segment.whale",
        "losing": int((known["profit"] < 0).sum()),
        "known": len(known),
        "last": last["name"],
        "amount": words.money(last["profit"], portfolio.currency),
    }
