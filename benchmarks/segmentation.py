"""How fast the choice is made on a very large portfolio: 100,000 accounts and 3,000,000 revenue rows.

Run: python benchmarks/segmentation.py [--judged N]. Prints seconds and the highest resident memory. The limits are
10 seconds and 2 GB for `segmentation.assign`, robustness included.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from datetime import date

import numpy as np
import pandas as pd

from kamlib import schema
from kamlib.method import segmentation

ACCOUNTS, MONTHS = 100_000, 30
RATED = ("strategic_importance", "willingness_to_partner", "internal_complexity")


def portfolio(judged: int, accounts: int = ACCOUNTS) -> schema.Portfolio:
    """Return an invented portfolio: one revenue row per account and month, `judged` accounts rated by four people."""
    rng = np.random.default_rng(1)
    ids = np.array([f"A-{place:06}" for place in range(accounts)])
    parents = np.where(rng.random(accounts) < 0.1, rng.choice(ids, accounts), "")
    size = rng.lognormal(11, 1.6, accounts)
    months = pd.date_range("2024-04-01", periods=MONTHS, freq="MS")
    amounts = np.outer(rng.lognormal(0, 0.2, MONTHS), size).ravel() * rng.lognormal(0, 0.4, accounts * MONTHS)
    revenue = pd.DataFrame(
        {
            "account_id": np.tile(ids, MONTHS),
            "month": np.repeat(months, accounts),
            "product_group": rng.choice([f"P{n}" for n in range(7)], accounts * MONTHS),
            "revenue": amounts,
            "contribution_margin": amounts * 0.3,
        }
    )
    assessments = [
        {
            "row_id": f"{key}-{criterion}-{rater}",
            "account_id": key,
            "criterion": criterion,
            "rater_id": rater,
            "round": 1,
        }
        for key in rng.choice(ids, judged, replace=False)
        for criterion in RATED
        for rater in ("r1", "r2", "r3", "r4")
    ]
    rated = pd.DataFrame(assessments).assign(score=rng.integers(1, 6, len(assessments)), confidence="medium")
    given = {
        "account": pd.DataFrame({"account_id": ids, "name": ids, "parent_id": parents}),
        "revenue": revenue,
    }
    given |= {"assessment": rated} if judged else {}
    tables = {
        name: table.typed(given[name]) if name in given else table.empty()
        for name, table in schema.TABLES.items()
    }
    return schema.Portfolio(tables=tables, as_of=date(2026, 9, 30), facts_through=pd.Timestamp("2026-09-01"))


def peak_gigabytes() -> float:
    """Return the highest resident memory of this process so far; nothing on Windows."""
    if platform.system() == "Windows":
        return float("nan")
    import resource  # noqa: PLC0415 (absent on Windows)

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def main() -> None:
    """Time one call of `assign` and print what it took."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--judged", type=int, default=200, help="accounts that people have rated")
    judged = wanted.parse_args().judged
    whole = portfolio(judged)
    before = peak_gigabytes()
    start = time.perf_counter()
    segments = segmentation.assign(whole)
    took = time.perf_counter() - start
    compared = int(segments["place"].notna().sum())
    print(
        f"{ACCOUNTS:,} accounts, {ACCOUNTS * MONTHS:,} revenue rows, {judged} judged, {compared:,} compared"
    )
    print(
        f"assign: {took:.1f} s, {peak_gigabytes():.2f} GB resident ({before:.2f} GB before: the tables themselves)"
    )


if __name__ == "__main__":
    main()
