"""How much is won by counting with arrays, in one run; and how long the tests against the outcome take on 20,000 accounts.

Run: python benchmarks/evidence.py [--accounts N]. Each ratio sets a plain loop beside the function on the same data and
asserts that both say the same; then the seconds of each table of the appendix of 07.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from kamlib import schema
from kamlib.method import evidence, segmentation, shrinkage

MONTHS, DRAWS = 39, 100
Answer = TypeVar("Answer")


def timed(ask: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return the answer and the seconds that it took."""
    start = time.perf_counter()
    answer = ask()
    return answer, time.perf_counter() - start


def auc_by_pairs(scores: np.ndarray, events: np.ndarray) -> float:
    """The AUC as it is defined: every pair of one with and one without the event, one at a time."""
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[events] for b in scores[~events]]
    return float(np.mean(pairs))


def interval_by_loop(scores: np.ndarray, events: np.ndarray, draws: int) -> tuple[float, float]:
    """The bootstrap interval with the accounts drawn anew one draw at a time."""
    rng, (with_it, without) = np.random.default_rng(1), (np.flatnonzero(events), np.flatnonzero(~events))
    areas = []
    for _ in range(draws):
        drawn = np.concatenate([rng.choice(side, len(side)) for side in (with_it, without)])
        areas.append(evidence.auc(scores[drawn], events[drawn]))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def growth_by_loop(now: np.ndarray, before: np.ndarray) -> list[float]:
    """The variance of each customer's growth, months one at a time, before anything is borrowed."""
    found = []
    for later, earlier in zip(now, before, strict=True):
        ratio = sum(later) / sum(earlier)
        noise = sum((a - ratio * b) ** 2 for a, b in zip(later, earlier, strict=True)) / (len(later) - 1)
        found.append(len(later) * noise / sum(later) ** 2)
    return found


def portfolio(accounts: int) -> schema.Portfolio:
    """Return an invented portfolio: a revenue row per account and month, with growth, luck and a few losses."""
    rng = np.random.default_rng(1)
    ids = np.array([f"A-{place:06}" for place in range(accounts)])
    growth = rng.normal(0.03, 0.12, accounts) / 12.0
    amounts = rng.lognormal(9, 1.5, accounts) * np.exp(np.outer(np.arange(MONTHS), growth))
    amounts *= rng.lognormal(0, 0.4, (MONTHS, accounts))
    amounts[-12:, rng.random(accounts) < 0.05] = 0.0
    months = pd.date_range("2023-07-01", periods=MONTHS, freq="MS")
    revenue = pd.DataFrame(
        {
            "account_id": np.tile(ids, MONTHS),
            "month": np.repeat(months, accounts),
            "revenue": amounts.ravel(),
            "contribution_margin": amounts.ravel() * 0.3,
        }
    )
    given = {
        "account": pd.DataFrame({"account_id": ids, "name": ids}),
        "revenue": revenue[revenue["revenue"] > 0],
    }
    tables = {
        name: table.typed(given[name]) if name in given else table.empty()
        for name, table in schema.TABLES.items()
    }
    return schema.Portfolio(tables=tables, as_of=date(2026, 9, 30), facts_through=pd.Timestamp("2026-09-01"))


def ratios() -> None:
    """Print how many times faster each function is than its loop, and hold both to the same answer."""
    rng = np.random.default_rng(2)
    scores, events = rng.integers(0, 50, 3_000).astype(float), rng.random(3_000) < 0.2
    _told(
        "auc, 3,000 accounts",
        lambda: auc_by_pairs(scores, events),
        lambda: evidence.auc(scores, events),
        1e-12,
    )
    _told(
        f"auc_interval, {DRAWS} draws",
        lambda: interval_by_loop(scores, events, DRAWS),
        lambda: evidence.auc_interval(scores, events, draws=DRAWS),
        0.03,
    )
    now, before = rng.lognormal(9, 1, (2, 3_000, 12))
    by_loop, slow = timed(lambda: growth_by_loop(now, before))
    (_, noise), fast = timed(lambda: shrinkage.log_growth(now, before))
    assert np.corrcoef(by_loop, noise)[0, 1] > 0.95
    print(f"log_growth, 3,000 accounts: {slow / fast:.0f} times faster than a loop")


def _told(name: str, plain: Callable[[], Any], arrays: Callable[[], Any], within: float) -> None:
    (expected, slow), (found, fast) = timed(plain), timed(arrays)
    assert np.allclose(expected, found, atol=within), (name, expected, found)
    print(f"{name}: {slow / fast:.0f} times faster than a loop")


def main() -> None:
    """Print the ratios, then the seconds of each table on a large portfolio."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--accounts", type=int, default=20_000)
    accounts = wanted.parse_args().accounts
    ratios()
    whole = portfolio(accounts)
    signs = evidence.early_signs(evidence.past(whole))
    asked: dict[str, Callable[[], pd.DataFrame]] = {
        "back_test": lambda: evidence.back_test(whole, segmentation.assign),
        "rank_bands": lambda: evidence.rank_bands(whole),
        "early_signs": lambda: evidence.early_signs(evidence.past(whole)),
        "separation": lambda: evidence.separation(whole, signs),
        "calibration": lambda: evidence.calibration(whole, signs),
        "expected_revenue": lambda: evidence.expected_revenue(whole),
        "forecast_test": lambda: evidence.forecast_test(whole),
    }
    print(f"{accounts:,} accounts, {len(whole.revenue):,} revenue rows:")
    for name, ask in asked.items():
        rows, seconds = timed(ask)
        print(f"  {name}: {seconds:.2f} s, {len(rows):,} rows")


if __name__ == "__main__":
    main()
