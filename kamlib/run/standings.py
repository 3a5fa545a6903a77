"""Where every account stands in the portfolio: computed once per state, so that an account notebook needn't."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib.data.workspace import Workspace
from kamlib.errors import severity_rank
from kamlib.method import coaching, measures, segmentation
from kamlib.schema import STANDING_COLUMNS, Account, Portfolio


def compute(portfolio: Portfolio) -> pd.DataFrame:
    """Return one row per account: `account_id` and the columns of `schema.Standing`.

    Every account of a group stands where its decision unit stands.
    """
    if portfolio.account.empty:
        return pd.DataFrame(columns=["account_id", *STANDING_COLUMNS])
    return segmentation.standings(segmentation.assign(portfolio), portfolio)


def kept(workspace: Workspace, portfolio: Portfolio, as_of: str = "") -> pd.DataFrame:
    """Return the standings that are kept for this day's `portfolio`, or where none are, those computed from it."""
    rows = workspace.standings(as_of)
    return compute(portfolio) if rows.empty else rows


def refresh(workspace: Workspace, as_of: str = "") -> None:
    """Keep the standings of this state and day in the workspace, where they are not kept already."""
    if workspace.standings(as_of).empty:
        workspace.keep_standings(compute(workspace.portfolio(as_of)), as_of)


def signs(account: Account) -> dict[str, Any]:
    """Return what the way in tells of a key account: growth, R12 month by month, health, and what matters most there.

    `exception` is that in words, empty where nothing is large; `at_stake` its money; `severity` that of the most severe
    finding, or `none`; `more` counts the other findings. What is not known is None.
    """
    findings = coaching.check(account)
    line, total = coaching.line(account, findings), measures.health_total(account)
    rolling = [each.rolling_12m for each in measures.trend(account)]
    return {
        "growth_share": measures.growth(account).share,
        "trend": [round(each) for each in rolling if each is not None],
        "health": None if total.score is None else round(total.score),
        "band": total.band,
        "capped_by": list(total.capped_by),
        "severity": min((each.severity for each in findings), key=severity_rank, default="none"),
        "exception": " ".join(str(each) for each in (line.what, line.done) if each),
        "at_stake": None if line.money is None else round(line.money),
        "more": line.more,
    }
