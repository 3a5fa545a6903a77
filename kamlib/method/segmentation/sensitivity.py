"""Who would come in or go out if one criterion weighed more or less (S1.6, method.md 6.3)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib.method import scoring
from kamlib.method.segmentation.choice import values_of
from kamlib.method.segmentation.weights import box
from kamlib.schema import Portfolio


def sensitivity(segments: pd.DataFrame, portfolio: Portfolio, *, beside: int = 2) -> pd.DataFrame:
    """One row per account near the cut and compared criterion, by place: under which weights it has a place.

    Near are the contested and `beside` accounts on each side of the last place. Columns: account_id, name, place,
    has_place, verdict, criterion, weight (in force), least, most (the reasonable weights), spans: pairs of weights
    between which the account has a place while the other weights keep their proportions.
    """
    taking = segments[segments["place"].notna()].sort_values("place", ignore_index=True)
    k, weights, compared = (segments.attrs[name] for name in ("k", "weights", "compared"))
    # A criterion that is not compared on is worth the same to all: nothing.
    table = values_of(portfolio, taking[compared]).reindex(columns=list(weights), fill_value=0.0).to_numpy()
    room, shares = box(portfolio, weights), list(weights.values())
    is_near = taking["place"].between(k - beside + 1, k + beside) | taking["verdict"].eq("contested")
    rows: list[dict[Any, Any]] = []
    for position, row in taking[is_near.fillna(value=False)].iterrows():
        told: dict[Any, Any] = row[["account_id", "name", "place", "has_place", "verdict"]].to_dict()
        for column, name in enumerate(weights):
            if name in compared:
                ends = {"least": room.low[column], "most": room.high[column], "weight": shares[column]}
                spans = scoring.intervals(table, shares, column, int(str(position)), k)
                rows.append({**told, "criterion": name, **ends, "spans": spans})
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "account_id",
    "name",
    "place",
    "has_place",
    "verdict",
    "criterion",
    "weight",
    "least",
    "most",
    "spans",
]
