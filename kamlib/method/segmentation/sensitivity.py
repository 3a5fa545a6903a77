"""Who would come in or go out if one criterion weighed more or less (S1.6, method.md 6.3)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib.method import scoring
from kamlib.method.segmentation.choice import Choice, values_of
from kamlib.method.segmentation.weights import box
from kamlib.schema import Portfolio


def sensitivity(choice: Choice, portfolio: Portfolio, *, beside: int = 2) -> pd.DataFrame:
    """One row per account near the cut and compared criterion, by place: under which weights it has a place.

    Near are the contested and `beside` accounts on each side of the last place. Columns: account_id, name, place,
    has_place, verdict, criterion, weight (in force), least, most (the reasonable weights), spans: pairs of weights
    between which the account has a place while the other weights keep their proportions.
    """
    segments, k = choice.segments, choice.places
    taking = segments[segments["place"].notna()].sort_values("place", ignore_index=True)
    # A criterion that is not compared on is worth the same to all: nothing.
    values = values_of(portfolio, taking[list(choice.compared)])
    values = values.reindex(columns=list(choice.weights), fill_value=0.0)
    room, shares = box(portfolio, choice.weights), list(choice.weights.values())
    is_near = taking["place"].between(k - beside + 1, k + beside) | taking["verdict"].eq("contested")
    near: list[dict[Any, Any]] = []
    for position, row in taking[is_near.fillna(value=False)].iterrows():
        account: dict[Any, Any] = row[_ACCOUNT].to_dict()
        for column, name in enumerate(choice.weights):
            if name in choice.compared:
                ends = {"least": room.low[column], "most": room.high[column], "weight": shares[column]}
                spans = scoring.intervals(values.to_numpy(), shares, column, int(str(position)), k)
                near.append({**account, "criterion": name, **ends, "spans": spans})
    return pd.DataFrame(near, columns=[*_ACCOUNT, "criterion", "weight", "least", "most", "spans"])


_ACCOUNT = ["account_id", "name", "place", "has_place", "verdict"]
