"""Who stands behind a goal, on our side and on theirs, and what drives it (S2.4-S2.6, P25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.schema import AccountView

_ANCHORS = ["owner_id", "sponsor_id", "signed_on", "kpi", "baseline", "target", "unit", "source"]


def anchoring(account: AccountView) -> pd.DataFrame:
    """Return one row per goal: who owns it, who signed it and on which KPI it stands.

    Columns goal_id, title, owner_id, sponsor_id, signed_on, kpi, is_anchored and lacks (what is missing, in
    words). A person who has left counts as missing (S2.4).
    """
    goals = _without_the_gone(account)
    lacks = [_lacking(goal) for _, goal in goals.iterrows()]
    shown = goals[["row_id", "title", "owner_id", "sponsor_id", "signed_on", "kpi"]].rename(
        columns={"row_id": "goal_id"}
    )
    words = [text.listed(text.t(f"anchor.{name}") for name in names) if names else "" for names in lacks]
    return shown.assign(is_anchored=[not names for names in lacks], lacks=words).reset_index(drop=True)


def _without_the_gone(account: AccountView) -> pd.DataFrame:
    people = account.contact
    gone = set(people.loc[people["gone_on"] <= pd.Timestamp(account.as_of), "contact_id"])
    goals = account.goal.copy()
    for role in ("owner_id", "sponsor_id"):
        goals[role] = goals[role].mask(goals[role].isin(gone))
    return goals


def _lacking(goal: pd.Series) -> list[str]:
    return [name for name in _ANCHORS if text.is_missing(goal[name])]


def joint(account: AccountView) -> pd.DataFrame:
    """Return one row per joint goal and per goal of the customer's own that we follow (S2.5).

    Columns goal_id, title, side, serves (the customer's own goal behind it), owner_id, customer_owner_id,
    customer_status, customer_status_on, customer_said, ask_again_on, step (ask, remind, hold, complete, wait, ask_again,
    set_date) and advice in words (P25). `complete`: the customer said yes, but its owner or the day is not written down.
    """
    goals = account.goal[account.goal["side"].isin(["joint", "customer"])].rename(
        columns={"row_id": "goal_id"}
    )
    columns = [
        "goal_id",
        "title",
        "side",
        "owner_id",
        "customer_owner_id",
        "customer_status",
        "customer_status_on",
    ]
    shown = goals[[*columns, "customer_said", "ask_again_on"]].reset_index(drop=True)
    served = goals["insight_id"].map(account.insight.set_index("row_id")["goal"])
    steps = [_step(goal, account.as_of) for goal in shown.to_dict("records")]
    told = [_advice(account, step, again) for step, again in zip(steps, shown["ask_again_on"], strict=True)]
    return shown.assign(
        serves=served.to_numpy(), step=pd.Series(steps, dtype="str"), advice=pd.Series(told, dtype="str")
    )


def _step(goal: Mapping[Any, Any], today: date) -> str:
    step = ask_state(goal["customer_status"], goal["ask_again_on"], today)
    signs = (goal["customer_owner_id"], goal["customer_status_on"])
    return "complete" if step == "hold" and any(text.is_missing(sign) for sign in signs) else step


def _advice(account: AccountView, step: str, again: pd.Timestamp) -> str | None:
    # What we plan to ask is ours: the customer's edition holds the answer given, not our next move.
    return None if account.audience == "customer" else text.t(f"joint.{step}", day=text.day(again))


def ask_state(status: object, ask_again_on: object, today: date) -> str:
    """Return what to do about a joint goal: a no stands unchanged until the agreed day (P25)."""
    if status == "confirmed":
        return "hold"
    if status == "declined":
        if text.is_missing(ask_again_on):
            return "set_date"
        return "ask_again" if pd.Timestamp(str(ask_again_on)) <= pd.Timestamp(today) else "wait"
    return "remind" if status in ("proposed", "changed") else "ask"


def unled(account: AccountView) -> pd.DataFrame:
    """Return the goals that no initiative drives (S2.6): goal_id, title, goal_class, owner_id, due_on.

    A stopped initiative drives nothing; a goal that the customer declined asks for none.
    """
    driving = account.initiative[account.initiative["status"].ne("stopped")]["goal_id"]
    goals = account.goal[account.goal["customer_status"].ne("declined")]
    left = goals[~goals["row_id"].isin(driving)].rename(columns={"row_id": "goal_id"})
    return left[["goal_id", "title", "goal_class", "owner_id", "due_on"]].reset_index(drop=True)
