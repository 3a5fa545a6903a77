"""How much a few customers carry, and who earns or costs money once service is counted (S1.4, method.md 6.7)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kamlib.method import units
from kamlib.schema import Portfolio

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


def concentration(portfolio: Portfolio) -> pd.DataFrame:
    """One row: the true Pareto figure "k of n carry p %" and what goes with it, on revenue R12 by decision unit.

    Columns: accounts (that bought), few, few_share (of accounts), carried_share, hhi, effective_accounts, top_share,
    top_name, top_five_share, over_limit (accounts above the disclosure limit), shape: concentrated, even, flat,
    or none without revenue.
    """
    found = units.decision_units(portfolio)
    found = found[found["revenue_12m"] > 0].sort_values("revenue_12m", ascending=False)
    amounts = found["revenue_12m"].to_numpy()
    few, carried = pareto(amounts, portfolio.limit("pareto_target_share"))
    shares = amounts / amounts.sum() if len(amounts) else amounts
    index = herfindahl(amounts)
    few_share = few / len(amounts) if len(amounts) else float("nan")
    return pd.DataFrame(
        [
            {
                "accounts": len(amounts),
                "few": few,
                "few_share": few_share,
                "carried_share": carried,
                "hhi": index,
                "effective_accounts": 1.0 / index,
                "top_share": float(shares[0]) if len(shares) else float("nan"),
                "top_name": str(found["name"].iloc[0]) if len(found) else "",
                "top_five_share": float(shares[:5].sum()) if len(shares) else float("nan"),
                "over_limit": int((shares > portfolio.limit("concentration_limit_share")).sum()),
                "shape": shape(few_share, portfolio.limit("flat_portfolio_share")),
            }
        ]
    )


def shape(few_share: float, flat_from: float, concentrated_to: float = 0.2) -> str:
    """Return whether few carry most: concentrated (a fifth or less), even, or flat (half or more) (S1.4)."""
    if np.isnan(few_share):
        return "none"
    if few_share <= concentrated_to:
        return "concentrated"
    return "flat" if few_share >= flat_from else "even"


def curve(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit that bought, largest first: the concentration curve (S1.4).

    Columns: account_id, name, revenue_12m, share, cumulative_share, place, accounts_share (place / all).
    """
    found = units.decision_units(portfolio)
    found = found[found["revenue_12m"] > 0].sort_values(
        ["revenue_12m", "account_id"], ascending=[False, True]
    )
    share = found["revenue_12m"] / found["revenue_12m"].sum()
    found = found.assign(share=share, cumulative_share=share.cumsum(), place=range(1, len(found) + 1))
    found["accounts_share"] = found["place"] / max(1, len(found))
    columns = ["revenue_12m", "share", "cumulative_share", "place", "accounts_share"]
    return found[["account_id", "name", *columns]].reset_index(drop=True)


def whale(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit with a known margin, the most profitable first: the whale curve (6.7).

    Columns: account_id, name, revenue_12m, margin_12m, service_cost_12m, profit_12m, profit_share (of revenue),
    cumulative_profit, cumulative_share (of all profit; missing where that is not above zero), has_cost (service cost
    known), place. Empty without margins.
    """
    found = units.decision_units(portfolio)
    found = found[found["profit_12m"].notna() & (found["revenue_12m"] != 0)]
    found = found.sort_values(["profit_12m", "account_id"], ascending=[False, True])
    total = float(found["profit_12m"].sum())
    cumulative = found["profit_12m"].cumsum()
    found = found.assign(
        profit_share=(found["profit_12m"] / found["revenue_12m"]).where(found["revenue_12m"] > 0),
        cumulative_profit=cumulative,
        cumulative_share=cumulative / total if total > 0 else np.nan,
        has_cost=found["service_cost_12m"].notna(),
        place=range(1, len(found) + 1),
    )
    columns = [
        "revenue_12m",
        "margin_12m",
        "service_cost_12m",
        "profit_12m",
        "profit_share",
        "cumulative_profit",
    ]
    return found[["account_id", "name", *columns, "cumulative_share", "has_cost", "place"]].reset_index(
        drop=True
    )


def whale_summary(portfolio: Portfolio) -> pd.DataFrame:
    """One row: profit after service, its peak, how much of it the loss-makers eat, and the last on the curve.

    Columns: accounts, losing, profit, peak_profit, eaten (peak less profit), last_name, last_profit, cost_known_share
    (of the accounts). No rows without margins.
    """
    found = whale(portfolio)
    if found.empty:
        return pd.DataFrame(columns=_WHALE)
    peak, profit = float(found["cumulative_profit"].max()), float(found["profit_12m"].sum())
    last = found.iloc[-1]
    told = (
        len(found),
        int((found["profit_12m"] < 0).sum()),
        profit,
        peak,
        peak - profit,
        last["name"],
        last["profit_12m"],
        float(found["has_cost"].mean()),
    )
    return pd.DataFrame([told], columns=_WHALE)


_WHALE = [
    "accounts",
    "losing",
    "profit",
    "peak_profit",
    "eaten",
    "last_name",
    "last_profit",
    "cost_known_share",
]
