"""Next year's plan in draft: what four reviews say to keep, change or stop (S5.4)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib.method import measures
from kamlib.schema import AccountView


def next_year(account: AccountView, followed: pd.DataFrame) -> pd.DataFrame:
    """One row per goal and open initiative: `kind`, `title`, `verdict` (keep, change, stop), `reason`, `owner_id`.

    `followed` is goal_setting.progress of the account. It is a draft: people decide, with their own reason.
    """
    driven = set(_open(account)["goal_id"])
    states = followed.set_index("goal_id")[["state", "way"]].to_dict("index")
    goals = [_goal(goal, states.get(goal["row_id"], {}), driven) for goal in account.goal.to_dict("records")]
    steps = [_initiative(step, measures.today(account)) for step in _open(account).to_dict("records")]
    columns = ["kind", "title", "verdict", "reason", "owner_id", "row_id"]
    order = {"stop": 0, "change": 1, "keep": 2}
    return pd.DataFrame([*goals, *steps], columns=columns).sort_values(
        ["kind", "verdict"], key=lambda column: column.replace(order).astype("str"), ignore_index=True
    )


def _open(account: AccountView) -> pd.DataFrame:
    return account.initiative[~account.initiative["status"].isin(["done", "stopped"])]


def _goal(goal: dict[Any, Any], followed: dict[Any, Any], driven: set[str]) -> dict[str, Any]:
    way = followed.get("way")
    verdict, reason = goal_verdict(
        str(followed.get("state", "no_reading")),
        declined=goal["customer_status"] == "declined",
        reached=way is not None and not pd.isna(way) and way >= 1,
        driven=goal["row_id"] in driven,
    )
    return {
        "kind": "goal",
        "title": goal["title"],
        "verdict": verdict,
        "reason": {"key": f"next_year.{reason}"},
        "owner_id": goal["owner_id"],
        "row_id": goal["row_id"],
    }


def goal_verdict(state: str, *, declined: bool, reached: bool, driven: bool) -> tuple[str, str]:
    """Return keep, change or stop, and the reason: every state of a goal has exactly one.

    A declined goal is asked again on its day; a reached one stops; one far behind that nothing drives stops too.
    """
    if declined:
        return "change", "declined"
    if reached:
        return "stop", "reached"
    if state in ("on_track", "not_due"):
        return "keep", state
    if state == "off_track" and not driven:
        return "stop", "nothing_drives"
    return "change", {"at_risk": "at_risk", "off_track": "off_track"}.get(state, "unmeasured")


def _initiative(step: dict[Any, Any], now: pd.Timestamp) -> dict[str, Any]:
    late = 0 if pd.isna(step["due_on"]) else (now - step["due_on"]).days
    verdict, reason = (
        ("stop", "very_late") if late > 90 else ("change", "late") if late > 0 else ("keep", "runs")
    )
    return {
        "kind": "initiative",
        "title": step["title"],
        "verdict": verdict,
        "reason": {"key": f"next_year.{reason}", "days": late},
        "owner_id": step["owner_id"],
        "row_id": step["row_id"],
    }


def ground(account: AccountView) -> pd.DataFrame:
    """One row: how much the draft stands on: internal reviews in the last year, of four, `is_enough`, `reading` (S5.4)."""
    reviews = account.review[account.review["kind"].eq("internal")]
    n = len(measures.past_year(account, reviews, "held_on"))
    said = {"key": "review.ground" if n >= 4 else "review.ground.thin", "n": n}
    return measures.one_row(reviews=n, wanted=4, is_enough=n >= 4, reading=said)
