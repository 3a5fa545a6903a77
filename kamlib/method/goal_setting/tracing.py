"""From the customer's goal to ours, its KPI, what drives it, who answers for it and when it was reviewed.

What hangs loose is listed in both directions: a customer's goal that nobody serves, and work or people of ours
that serve no goal (method.md D19).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method import relationships
from kamlib.schema import AccountView

_OPEN = ("planned", "ongoing")
_TRACE = [
    "insight_id", "customer_goal", "grade", "goal_id", "title", "kpi", "initiatives", "owner_id", "function", "owner",
    "reviewed_on", "gaps",
]  # fmt: skip
#: What can hang loose, from the customer's side to ours.
LOOSE = (
    "unserved", "no_customer_goal", "no_kpi", "no_initiative", "no_owner", "no_review", "initiative_alone",
    "member_alone",
)  # fmt: skip


def trace(account: AccountView) -> pd.DataFrame:
    """Return one row per goal in the order of the customer's priorities, and one per customer's goal unserved.

    Columns insight_id, customer_goal, grade, goal_id, title, kpi, initiatives (in words), owner_id, function
    (the owner's in the squad), owner (both in words), reviewed_on (latest review since the goal was signed) and gaps in words. Empty in
    the customer's edition: it shows where we have no answer.
    """
    if account.audience == "customer":
        return pd.DataFrame(columns=_TRACE)
    wanted = _customer_goals(account)
    goals = _live(account)
    rows = pd.DataFrame([_chain(account, goal) for goal in goals], columns=_TRACE)
    left = wanted[~wanted["row_id"].isin(rows["insight_id"])]
    loose = [
        {"insight_id": each["row_id"], "gaps": text.t("loose.unserved.gap")}
        for each in left.to_dict("records")
    ]
    rows = pd.concat([rows, pd.DataFrame(loose, columns=_TRACE)], ignore_index=True) if loose else rows
    known = wanted.set_index("row_id")
    rows["customer_goal"] = rows["insight_id"].map(known["goal"])
    rows["grade"] = rows["insight_id"].map(known["grade"])
    place = rows["insight_id"].map({row_id: n for n, row_id in enumerate(wanted["row_id"])})
    return rows.loc[place.sort_values(kind="stable", na_position="last").index].reset_index(drop=True)


def _customer_goals(account: AccountView) -> pd.DataFrame:
    """The customer's own goals, the first priority first."""
    known = account.insight.dropna(subset=["goal"])
    return known.sort_values(["priority", "graded_on"], kind="stable", na_position="last")


def _live(account: AccountView) -> list[dict[Any, Any]]:
    return account.goal[account.goal["customer_status"].ne("declined")].to_dict("records")


def _gone(account: AccountView) -> set[str]:
    people = account.contact
    return set(people.loc[people["gone_on"] <= pd.Timestamp(account.as_of), "contact_id"])


def _chain(account: AccountView, goal: Mapping[Any, Any]) -> dict[str, Any]:
    functions = account.squad_member.drop_duplicates("person_id").set_index("person_id")["function"]
    gaps = [text.t(f"loose.{kind}.gap") for kind in _gaps(account, goal)]
    return {
        "insight_id": goal["insight_id"],
        "goal_id": goal["row_id"],
        "title": goal["title"],
        "kpi": goal["kpi"],
        "initiatives": _driven(account, goal["row_id"]),
        "owner_id": goal["owner_id"],
        "function": functions.get(goal["owner_id"]),
        "owner": _owner(account, goal, functions.get(goal["owner_id"])),
        "reviewed_on": _reviewed_on(account, goal),
        "gaps": text.listed(gaps) if gaps else None,
    }


def _owner(account: AccountView, goal: Mapping[Any, Any], function: str | None) -> str | None:
    if text.is_missing(goal["owner_id"]):
        return None
    name = relationships.person_name(account, goal["owner_id"])
    return name if function is None else f"{name} ({text.label('function', function)})"


def _gaps(account: AccountView, goal: Mapping[Any, Any]) -> list[str]:
    """What the goal's chain lacks; a money goal of our own need not serve a goal of the customer's."""
    linked = goal["insight_id"] in set(account.insight["row_id"])
    own_money = goal["goal_class"] == "financial" and goal["side"] == "ours"
    lacking = {
        "no_customer_goal": not linked and not own_money,
        "no_kpi": text.is_missing(goal["kpi"]),
        "no_initiative": _driven(account, goal["row_id"]) is None,
        "no_owner": text.is_missing(goal["owner_id"]) or goal["owner_id"] in _gone(account),
        "no_review": pd.isna(_reviewed_on(account, goal)),
    }
    return [kind for kind, lacks in lacking.items() if lacks]


def _driven(account: AccountView, goal_id: str) -> str | None:
    """The initiatives of a goal in words: how many, and the next to be done; nothing where none drives it."""
    steps = account.initiative
    steps = steps[steps["goal_id"].eq(goal_id) & steps["status"].ne("stopped")]
    left = steps[steps["status"].ne("done")].sort_values("due_on", na_position="last")
    if steps.empty:
        return None
    if left.empty:
        return text.t("trace.all_done", n=len(steps))
    nearest = left.iloc[0]
    return text.t("trace.driven", n=len(left), title=nearest["title"], day=text.day(nearest["due_on"]))


def _reviewed_on(account: AccountView, goal: Mapping[Any, Any]) -> pd.Timestamp:
    """The latest review held since the goal stood: signed, else measured for the first time."""
    held = account.review.loc[account.review["held_on"] <= pd.Timestamp(account.as_of), "held_on"]
    born = goal["baseline_on"] if pd.isna(goal["signed_on"]) else goal["signed_on"]
    since = held if pd.isna(born) else held[held >= born]
    latest: pd.Timestamp = since.max()
    return latest


def orphans(account: AccountView) -> pd.DataFrame:
    """Return what hangs loose in either direction: one row per thing, from the customer's goals to our people.

    Columns kind (unserved, no_customer_goal, no_kpi, no_initiative, no_owner, no_review, initiative_alone,
    member_alone), what (in words) and advice (how to mend). Empty in the customer's edition.
    """
    shown = [] if account.audience == "customer" else [*_loose(account)]
    lines = [(kind, what, text.t(f"loose.{kind}.advice")) for kind, what in shown]
    rows = pd.DataFrame(lines, columns=["kind", "what", "advice"])
    return rows.sort_values(
        "kind", key=lambda kinds: kinds.map(LOOSE.index), kind="stable", ignore_index=True
    )


def _loose(account: AccountView) -> Iterator[tuple[str, str]]:
    goals = _live(account)
    served = {goal["insight_id"] for goal in goals}
    for insight in _customer_goals(account).to_dict("records"):
        if insight["row_id"] not in served:
            yield "unserved", insight["goal"]
    for goal in goals:
        yield from ((kind, goal["title"]) for kind in _gaps(account, goal))
    yield from _work_alone(account, {goal["row_id"] for goal in goals})
    yield from _members_alone(account, goals)


def _work_alone(account: AccountView, goal_ids: set[str]) -> Iterator[tuple[str, str]]:
    under_way = account.initiative[account.initiative["status"].isin(_OPEN)]
    for title in under_way.loc[~under_way["goal_id"].isin(goal_ids), "title"]:
        yield "initiative_alone", title


def _members_alone(account: AccountView, goals: list[dict[Any, Any]]) -> Iterator[tuple[str, str]]:
    """Squad members who answer for no goal: as owner, sponsor, by work on an initiative, or by their function's KPI."""
    goal_ids = {goal["row_id"] for goal in goals}
    work, parts = account.initiative, account.shared_kpi
    busy = {goal[role] for goal in goals for role in ("owner_id", "sponsor_id")}
    busy |= set(work.loc[work["goal_id"].isin(goal_ids), "owner_id"])
    own_work = work.loc[work["goal_id"].isin(goal_ids), "row_id"]
    busy |= set(
        account.responsibility.loc[account.responsibility["initiative_id"].isin(own_work), "person_id"]
    )
    functions = set(parts.loc[parts["goal_id"].isin(goal_ids) & parts["part"].ne("informed"), "function"])
    squad = account.squad_member.drop_duplicates("person_id")
    free = squad[~squad["person_id"].isin(busy | _gone(account)) & ~squad["function"].isin(functions)]
    for member in free.to_dict("records"):
        who = relationships.person_name(account, member["person_id"])
        yield "member_alone", f"{who} ({text.label('function', member['function'])})"
