"""Where every account stands in the portfolio: computed once per state, so that an account notebook needn't."""

from __future__ import annotations

import pandas as pd

from kamlib.data.workspace import Workspace
from kamlib.method import segmentation
from kamlib.schema import Portfolio, Standing


def compute(portfolio: Portfolio) -> pd.DataFrame:
    """Return one row per account: `account_id` and the columns of `schema.Standing`.

    Every account of a group stands where its decision unit stands.
    """
    if portfolio.account.empty:
        return pd.DataFrame(columns=["account_id", *Standing])
    return segmentation.standings(segmentation.assign(portfolio), portfolio)


def refresh(workspace: Workspace, as_of: str = "") -> None:
    """Keep the standings of this state and day in the workspace, where they are not kept already."""
    if not workspace.has_standings(as_of):
        workspace.keep_standings(compute(workspace.portfolio(as_of)), as_of)
