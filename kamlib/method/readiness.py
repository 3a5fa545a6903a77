"""What the workspace knows, and which missing table would be worth most: the first look of a newcomer."""

from __future__ import annotations

import pandas as pd

from kamlib import words
from kamlib.method import measures
from kamlib.schema import TABLES, Portfolio

#: Fact tables in the order of what they give, and the notebooks that need them (method.md: required first).
WORTH = {
    "account": "01 02 03 04 05 06 07",
    "revenue": "01 02 03 05 06 07",
    "contact": "03 04 05 06",
    "touchpoint": "03 05 06",
    "feedback": "05 06",
    "project": "03 05 06",
    "delivery": "05 06",
    "service_cost": "01 07",
    "opportunity": "01 03 06",
    "agreement": "03",
    "case": "05 06",
    "budget": "06 07",
}


def tables(portfolio: Portfolio) -> pd.DataFrame:
    """One row per fact table: rows, customers covered, first and last day, the notebooks it feeds, and its state."""
    known = portfolio.account["account_id"].nunique()
    return pd.DataFrame([_one(portfolio, name, known) for name in WORTH])


def _one(portfolio: Portfolio, name: str, known: int) -> dict[str, object]:
    rows, when = portfolio.tables[name], TABLES[name].when
    held = rows["account_id"].nunique()
    last = rows[when].max() if when and len(rows) else pd.NaT
    if when == "month":
        last += pd.offsets.MonthEnd(0)
    required = name in ("account", "revenue")
    return {
        "table": name,
        "title": words.heading(f"table.{name}"),
        "file": TABLES[name].file,
        "rows": len(rows),
        "accounts": held,
        "accounts_share": held / known if known else float("nan"),
        "last_on": last,
        "feeds": WORTH[name],
        "state": "held" if len(rows) else "required" if required else "absent",
    }


def plans(portfolio: Portfolio) -> pd.DataFrame:
    """One row per key account: owner, goals, next steps, promises, and the day of the newest judgement or reading."""
    counts = {
        name: portfolio.tables[name].groupby("account_id").size()
        for name in ("goal", "initiative", "commitment", "stakeholder")
    }
    rows = pd.DataFrame(index=pd.Index(measures.key_accounts(portfolio), name="account_id"))
    rows["owner_id"] = rows.index.map({name: plan.owner_id for name, plan in portfolio.plans.items()})
    days = {name: plan.next_review_on for name, plan in portfolio.plans.items()}
    rows["next_review_on"] = pd.to_datetime(rows.index.map(days))
    for name, count in counts.items():
        rows[name] = count.reindex(rows.index).fillna(0).astype("Int64")
    return rows.reset_index()
