"""Q4: how success is measured, five signs side by side, revenue and relation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method.measures.loyalty import repurchase
from kamlib.method.measures.money import sales
from kamlib.method.measures.periods import one_row
from kamlib.method.measures.promises import delivery_precision, project_completion
from kamlib.method.measures.voices import satisfaction
from kamlib.schema import AccountView


def success(account: AccountView) -> pd.DataFrame:
    """One row per sign of success: `sign`, `reading` (a sentence), `source` (a table), `is_known`.

    Growth, repurchase, satisfaction, projects by plan, delivery precision; there is no index of them (P14).
    """
    signs = [_growth(account), _again(account), _satisfied(account), _finished(account), _delivered(account)]
    return pd.concat(signs, ignore_index=True)


def reading(key: str, *, known: bool, **values: Any) -> dict[str, Any]:
    """Return a sentence for a table: the catalogue's `key`, or `key.unknown` where nothing is known."""
    return {"key": key, **values} if known else {"key": f"{key}.unknown"}


def _sign(sign: str, source: str, *, known: bool, **values: Any) -> pd.DataFrame:
    said = reading(f"success.{sign}", known=known, **values)
    return one_row(sign=sign, reading=said, source=source, is_known=known)


def _growth(account: AccountView) -> pd.DataFrame:
    row = sales(account).iloc[0]
    return _sign(
        "growth",
        "revenue",
        known=not pd.isna(row["growth_share"]),
        growth=text.percent(row["growth_share"], 1, signed=True),
        revenue=text.money(row["revenue_12m"], account.currency),
    )


def _again(account: AccountView) -> pd.DataFrame:
    row = repurchase(account).iloc[0]
    known, lost = row["before"] > 0, ", ".join(row["lost"])
    sign = "repurchase" if lost or not known else "repurchase.all"
    values = {"n": row["again"], "of": row["before"], "lost": lost}
    return _sign(sign, "revenue", known=known, **values).assign(sign="repurchase")


def _satisfied(account: AccountView) -> pd.DataFrame:
    rows = satisfaction(account)
    best = rows[rows["kind"].isin(["nps", "csat"])].head(1)
    values = (
        {
            "kind": text.label("feedback_kind", best["kind"].iloc[0]),
            "mean": text.number(best["mean"].iloc[0], 1),
            "lowest": text.number(best["lowest"].iloc[0]),
            "n": int(best["n"].iloc[0]),
        }
        if len(best)
        else {}
    )
    return _sign("satisfaction", "feedback", known=bool(len(best)), **values)


def _finished(account: AccountView) -> pd.DataFrame:
    row = project_completion(account).iloc[0]
    values = {name: int(row[name]) for name in ("ended", "in_time", "milestones_due", "milestones_met")}
    return _sign("projects", "project", known=row["ended"] + row["milestones_due"] > 0, **values)


def _delivered(account: AccountView) -> pd.DataFrame:
    shares = delivery_precision(account).set_index("period")["share"]
    now, before = text.percent(shares["12m"]), text.percent(shares["previous_12m"])
    return _sign("delivery", "delivery", known=not pd.isna(shares["12m"]), now=now, before=before)
