"""How fast management's page counts: every method function that notebook 07 shows above its appendix, one after the other.

Run: python benchmarks/portfolio.py [--accounts 20] [--rounds 3]. The sample's key accounts, filled up to the number
with its largest other customers, chosen on paper. Prints the processor time in ms of each function in the fastest
round and of all together; the limit is 1,000 ms for 20 key accounts. What one function has counted the next one
knows, as on the page.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import pandas as pd

from kamlib import schema
from kamlib.data import sample, workspace
from kamlib.method import allocation, coaching, measures, segmentation, steering

LIMIT_MS = 1_000.0
STEPS: dict[str, Callable[[schema.Portfolio], Any]] = {
    "steering.growth": steering.growth,
    "steering.decisions_asked": steering.decisions_asked,
    "steering.escalations": steering.escalations,
    "steering.outlook": steering.outlook,
    "steering.list_changes": steering.list_changes,
    "segmentation.assign": segmentation.assign,
    "measures.exposures": measures.exposures,
    "measures.loss_range": measures.loss_range,
    "measures.shared_causes": measures.shared_causes,
    "measures.hours": measures.hours,
    "allocation.one_more": allocation.one_more,
    "allocation.spread": allocation.spread,
    "steering.sponsor_meetings": steering.sponsor_meetings,
    "coaching.lines": coaching.lines,
    "coaching.check_company": coaching.check_company,
    "measures.nps": measures.nps,
    "steering.tips_total": lambda portfolio: steering.tips_total(coaching.tips_each(portfolio)),
    "measures.forecast_summary": measures.forecast_summary,
}


def with_key_accounts(portfolio: schema.Portfolio, wanted: int) -> schema.Portfolio:
    """Return the portfolio with its largest other customers chosen too, until `wanted` are key accounts."""
    chosen = measures.key_accounts(portfolio)
    sold = portfolio.revenue.groupby("account_id")["revenue"].sum().sort_values(ascending=False)
    more = [each for each in sold.index if each not in chosen][: max(0, wanted - len(chosen))]
    rows = [
        {"row_id": f"S-{each}", "account_id": each, "decided_on": portfolio.as_of, "is_key": True}
        for each in more
    ]
    table = schema.TABLES["selection"]
    decided = pd.concat([portfolio.selection, table.typed(pd.DataFrame(rows))], ignore_index=True)
    return dataclasses.replace(portfolio, tables={**portfolio.tables, "selection": decided})


def main() -> None:
    """Time the page's functions in their order, and print them, the slowest first."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--accounts", type=int, default=20)
    wanted.add_argument("--rounds", type=int, default=3)
    chosen = wanted.parse_args()
    portfolio = with_key_accounts(workspace.open(sample.ready()).portfolio(), chosen.accounts)
    rounds = []
    for _ in range(chosen.rounds):
        fresh, taken = dataclasses.replace(portfolio), {}
        for name, step in STEPS.items():
            start = time.process_time()
            step(fresh)
            taken[name] = (time.process_time() - start) * 1000
        rounds.append(taken)
    fastest = min(rounds, key=lambda taken: sum(taken.values()))
    for name, ms in sorted(fastest.items(), key=lambda item: -item[1]):
        print(f"{ms:8.1f} ms  {name}")
    whole = sum(fastest.values())
    print(
        f"{whole:8.1f} ms  all, {len(measures.key_accounts(portfolio))} key accounts"
        f"{'  OVER' if whole > LIMIT_MS else ''}"
    )


if __name__ == "__main__":
    main()
