"""All goals on one page: from, now, to, by when, who on each side, and the one next thing for each (P15, P16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method import relationships
from kamlib.method.goal_setting.anchoring import anchoring, joint, unled
from kamlib.method.goal_setting.cards import cards
from kamlib.method.goal_setting.outlook import figure, outlook
from kamlib.method.goal_setting.progress import progress
from kamlib.method.goal_setting.smart import check
from kamlib.schema import AccountView

_PAGE = ["goal_id", "title", "side", "due_on", "state"]
_ROAD = ["kpi", "baseline", "target", "due_on"]


def one_page(account: AccountView) -> pd.DataFrame:
    """Return one row per goal, the furthest behind first, each with the one thing to do next.

    Columns goal_id, title, side, road (from, now, to, in words), due_on, state, owners (ours, then the customer's),
    step (code) and next (in words; empty in the customer's edition: what we do next is ours).
    """
    followed = progress(account)
    rows = followed[_PAGE]
    known = _known(account, followed)
    steps = [_step(known[goal_id]) for goal_id in rows["goal_id"]]
    told = [
        text.t(f"next.{step}", **known[goal_id]) for step, goal_id in zip(steps, rows["goal_id"], strict=True)
    ]
    is_ours = account.audience == "internal"
    return rows.assign(
        road=pd.Series([_road(goal) for goal in followed.to_dict("records")], dtype="str"),
        owners=pd.Series([_owners(account, goal) for goal in followed.to_dict("records")], dtype="object"),
        step=pd.Series(steps, dtype="str"),
        next=pd.Series(told if is_ours else None, index=rows.index, dtype="str"),
    )


def _road(goal: Mapping[Any, Any]) -> str:
    """From, now and to with the unit; an unmeasured end is a dash."""
    if all(text.is_missing(goal[name]) for name in ("baseline", "now", "target")):
        return text.t("goals_page.no_road")
    ends = {name: figure(goal[name]) for name in ("baseline", "now", "target")}
    return text.t(
        "goals_page.road", **ends, unit="" if text.is_missing(goal["unit"]) else goal["unit"]
    ).strip()


def _owners(account: AccountView, goal: Mapping[Any, Any]) -> list[str]:
    """The names of those who answer for a goal, ours first."""
    ids = (goal["owner_id"], goal["customer_owner_id"])
    return [str(relationships.person_name(account, each)) for each in ids if not text.is_missing(each)] or [
        text.MISSING
    ]


def _known(account: AccountView, followed: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What the other views say of each goal, by goal."""
    views = {
        "card": cards(account),
        "anchor": anchoring(account),
        "joint": joint(account),
        "outlook": outlook(account),
    }
    found = {name: rows.set_index("goal_id").to_dict("index") for name, rows in views.items()}
    alone = set(unled(account)["goal_id"])
    checks = check(account.goal, account)
    doubts = checks[checks["state"].isin(["missing", "doubtful"])].groupby("goal_id")["remark"].first()
    return {
        goal["goal_id"]: {
            "state": goal["state"],
            "is_unsaid": goal["state"] == "undefined" or any(text.is_missing(goal[name]) for name in _ROAD),
            "is_past": goal["due_on"] < pd.Timestamp(account.as_of),
            "is_alone": goal["goal_id"] in alone,
            "remark": doubts.get(goal["goal_id"]),
            "lacks": found["anchor"][goal["goal_id"]]["lacks"],
            "day": text.day(found["card"][goal["goal_id"]]["next_on"]),
            "is_late": found["card"][goal["goal_id"]]["is_late"],
            "ask": found["joint"].get(goal["goal_id"], {}).get("step"),
            "odds": found["outlook"].get(goal["goal_id"], {}).get("state"),
            "owner_id": goal["owner_id"],
        }
        for goal in followed.to_dict("records")
    }


#: The one thing to do next: the first that applies; what makes the rest pointless stands first.
_NEXT: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "name_owner": lambda goal: text.is_missing(goal["owner_id"]),
    "mend": lambda goal: goal["is_unsaid"],
    "close": lambda goal: goal["is_past"],
    "drive": lambda goal: goal["is_alone"],
    "measure": lambda goal: goal["state"] == "no_reading" or goal["is_late"],
    "recover": lambda goal: goal["state"] == "off_track",
    "ask_customer": lambda goal: goal["ask"] in ("ask", "remind", "complete", "ask_again", "set_date"),
    "anchor": lambda goal: bool(goal["lacks"]),
    "catch_up": lambda goal: goal["state"] == "at_risk",
    "fix": lambda goal: not text.is_missing(goal["remark"]),
    "estimate": lambda goal: goal["odds"] in ("no_range", "broken"),
    "lower": lambda goal: goal["odds"] in ("unlikely", "beyond"),
    "measure_next": lambda goal: goal["day"] != text.MISSING,
    "hold": lambda _: True,
}


def _step(known: dict[str, Any]) -> str:
    return next(name for name, applies in _NEXT.items() if applies(known))


def figures(account: AccountView) -> list[dict[str, str]]:
    """Return the headline figures of the goals: how many, whose, agreed, signed, and on track of those measured."""
    followed = progress(account)
    goals = account.goal[account.goal["row_id"].isin(followed["goal_id"])]
    if goals.empty:
        return []
    shared = goals[goals["side"].isin(["joint", "customer"])]
    measured = followed[followed["state"].isin(["on_track", "at_risk", "off_track"])]
    counts = {
        "all": (len(goals), account.limit("goals_high")),
        "agreed": (int(shared["customer_status"].eq("confirmed").sum()), len(shared)),
        "signed": (int((goals["signed_on"].notna() & goals["sponsor_id"].notna()).sum()), len(goals)),
        "on_track": (int(measured["state"].eq("on_track").sum()), len(measured)),
    }
    return [
        {
            "label": text.t(f"goals_figure.{name}", of=of),
            "value": text.t(f"goals_figure.{name}.value", n=n, of=of),
        }
        for name, (n, of) in counts.items()
    ]
