"""What the reviews have taught: which kinds of goals we reach, read before new ones are set (S5.4, D10)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib import text
from kamlib.schema import AccountView, Portfolio


def hit_rate(bundle: AccountView | Portfolio, followed: pd.DataFrame) -> pd.DataFrame:
    """One row per goal class: `ended`, `reached`, `hit_share`, `running`, `on_track`, `is_small`, `reading`.

    `followed` is goal_setting.progress of one account, or of several laid below each other. A goal has ended when its
    day has passed or its target is reached; with fewer than ten ended the goals are counted out, not a percentage.
    """
    today = pd.Timestamp(bundle.as_of)
    reached = followed["way"].ge(1)
    rows = followed.assign(
        is_reached=reached,
        is_ended=reached | (followed["due_on"] <= today),
        is_fine=followed["state"].eq("on_track"),
    )
    rows["is_fine"] &= ~rows["is_ended"]
    counts = rows.groupby("goal_class", as_index=False).agg(
        ended=("is_ended", "sum"),
        reached=("is_reached", "sum"),
        all=("is_ended", "size"),
        on_track=("is_fine", "sum"),
    )
    counts["running"] = counts.pop("all") - counts["ended"]
    counts["hit_share"] = counts["reached"] / counts["ended"].where(counts["ended"] > 0)
    counts["is_small"] = counts["ended"] < bundle.limit("small_sample_answers")
    said = [_said(row) for row in counts.to_dict("records")]
    return counts.assign(reading=pd.Series(said, counts.index, dtype=object))


def _said(row: dict[Any, Any]) -> dict[str, Any]:
    """Return how a class of goals has gone, in words."""
    if not row["ended"]:
        return {"key": "hit_rate.none"}
    values = {"reached": row["reached"], "ended": row["ended"], "share": text.percent(row["hit_share"])}
    return {"key": "hit_rate.small" if row["is_small"] else "hit_rate.told", **values}
