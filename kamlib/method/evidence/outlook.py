"""What each customer is likely to buy in the next twelve months: its own growth, moved towards everybody's."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from kamlib import words
from kamlib.method import shrinkage, units
from kamlib.method.evidence.past import limit, outcomes, past, refusal
from kamlib.schema import Portfolio

_TOLD = ["account_id", "name", "revenue_12m", "months", "growth_share", "weight", "expected_growth_share"]
_TOLD += ["low", "likely", "high"]


def expected_revenue(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit that buys, the largest expected first: its next twelve months (empirical Bayes).

    Stated model: log growth of the last months against the same a year before is normal round the customer's own
    true growth, with the noise that its months show; true growths are normal round everybody's mean and last another
    year. Where the history is long enough to measure how much luck a year holds, the last one's is also taken back
    from the level that the next one starts from. The interval holds the noise of both years and lets the growth
    change as much as customers differ.

    Columns: account_id, name, revenue_12m, months (compared), growth_share (as seen), weight (0..1, of what is seen
    against everybody's), expected_growth_share (likely against revenue_12m), low, likely, high (money; likely is the
    median). All missing for who lacks a year to compare with. No rows where fewer than three months can be compared. `attrs`
    holds `noise_left`, the measured share of the months' noise (missing: assumed to be all).
    """
    now, before = units.year_pairs(portfolio)
    months = now.shape[1]
    found = units.decision_units(portfolio)[["account_id", "name", "revenue_12m"]].assign(months=months)
    if months < units.LEAST_MONTHS:
        return pd.DataFrame(columns=_TOLD)
    seen = shrinkage.seen_growth((now, before), units.year_pairs(portfolio, back=12))
    shrunk = shrinkage.shrink(seen.growth, seen.noise)
    growth, spread = _next_year(seen, shrunk, months / 12.0)
    reach = NormalDist().inv_cdf(0.5 + float(limit(portfolio, "interval_share")) / 2.0) * spread
    sold = found["revenue_12m"].to_numpy(dtype=float)
    found = found.assign(
        growth_share=np.expm1(seen.growth),
        weight=shrunk.weight,
        expected_growth_share=np.expm1(growth),
        low=sold * np.exp(growth - reach),
        likely=sold * np.exp(growth),
        high=sold * np.exp(growth + reach),
    )
    found = found[found["revenue_12m"] > 0].sort_values(["likely", "account_id"], ascending=[False, True])
    found = found[_TOLD].reset_index(drop=True)
    found.attrs = {"noise_left": seen.left}
    return found


def noise(expected: pd.DataFrame) -> dict[str, Any]:
    """Return the sentence (key and values) about how much of the months' noise a year holds, measured or assumed."""
    left = expected.attrs.get("noise_left", np.nan)
    if np.isnan(left):
        return {"key": "evidence.noise.assumed"}
    return {"key": "evidence.noise.measured", "left": words.percent(left)}


def _next_year(
    seen: shrinkage.Seen, shrunk: shrinkage.Shrunk, years: float
) -> tuple[shrinkage.Floats, shrinkage.Floats]:
    """Return the log of the next year over the last one, and its standard deviation.

    `luck` is the variance of a year's own noise. The noise of the growth is that of two periods of `years` each.
    """
    luck, both = seen.noise * years / 2.0, np.maximum(shrunk.between + seen.noise, 1e-12)
    taken_back = np.zeros(luck.shape) if np.isnan(seen.left) else luck / both * (seen.growth - shrunk.mean)
    unsure = shrunk.between + luck - (shrunk.between - luck) ** 2 / both
    return shrunk.estimate - taken_back, np.sqrt(luck + unsure + shrunk.between)


def forecast_test(portfolio: Portfolio, back: int = 12) -> pd.DataFrame:
    """One row per way of looking forward from the past date, the smallest error first, on the same accounts.

    Columns: way (`shrunk`, `as_seen`: the growth seen goes on, `unchanged`: as much again, `together`: everybody
    grows as the median did), accounts, error (median of how many per cent off, either way), mean_square (of the log), held_share (accounts
    within the interval; only of `shrunk`). Who bought nothing afterwards is left out here: their log has no value.
    """
    known = expected_revenue(past(portfolio, back)) if not refusal(portfolio, back) else pd.DataFrame()
    if known.empty:
        return pd.DataFrame(columns=_WAYS)
    found = known.merge(outcomes(portfolio, back)[["account_id", "after"]], on="account_id")
    found = found[found["likely"].notna() & (found["after"] > 0)]
    start, after = found["revenue_12m"], found["after"]
    ways = {
        "shrunk": found["likely"],
        "as_seen": start * (1.0 + found["growth_share"]),
        "together": start * (1.0 + found["growth_share"].median()),
        "unchanged": start,
    }
    rows = [(name, len(found), *_error(after / guess)) for name, guess in ways.items()]
    tested = pd.DataFrame(rows, columns=_WAYS[:-1])
    held = float(after.between(found["low"], found["high"]).mean())
    tested["held_share"] = np.where(tested["way"] == "shrunk", held, np.nan)
    return tested.sort_values("mean_square", kind="stable", ignore_index=True)


_WAYS = ["way", "accounts", "error", "mean_square", "held_share"]


def _error(ratios: pd.Series) -> tuple[float, float]:
    logs = np.log(ratios.to_numpy(dtype=float))
    return float(np.expm1(np.median(np.abs(logs)))), float((logs**2).mean())
