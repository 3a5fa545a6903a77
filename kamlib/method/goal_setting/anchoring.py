"""Who stands behind a goal, on our side and on theirs, and what drives it (S2.4-S2.6, P25)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib import words
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal
from kamlib.words import Words


@dataclass(frozen=True)
class Anchor:
    """A goal with who owns it, who signed it and on which KPI it stands; a person who has left counts as missing (S2.4)."""

    goal_id: str
    title: str
    owner_id: str | None
    sponsor_id: str | None
    signed_on: date | None
    kpi: str | None
    is_anchored: bool
    lacks: Words | None


@result("anchoring")
def anchoring(account: Account) -> Iterable[Anchor]:
    """Return who stands behind each goal with us, and what is missing."""
    for goal in account.live_goals:
        owner, sponsor = (_still_here(account, each) for each in (goal.owner_id, goal.sponsor_id))
        needed = {
            "owner_id": owner, "sponsor_id": sponsor, "signed_on": goal.signed_on, "kpi": goal.kpi,
            "baseline": goal.baseline, "target": goal.target, "unit": goal.unit, "source": goal.source,
        }  # fmt: skip
        lacking = [words.sentence(f"anchor.{name}") for name, value in needed.items() if value is None]
        lacks = words.listed(lacking) if lacking else None
        yield Anchor(goal.row_id, goal.title, owner, sponsor, goal.signed_on, goal.kpi, not lacking, lacks)


def _still_here(account: Account, contact_id: str | None) -> str | None:
    return None if account.has_left(contact_id) else contact_id


@dataclass(frozen=True)
class JointGoal:
    """A joint goal, or one of the customer's own that we follow: what they answered, and what to do about it (S2.5).

    `serves` is the customer's own goal behind it; `step` is ask, remind, hold, complete (a yes without its owner or
    day), wait, ask_again or set_date; `advice` says it in words (P25).
    """

    goal_id: str
    title: str
    side: str
    serves: str | None
    owner_id: str | None
    customer_owner_id: str | None
    customer_status: str | None
    customer_status_on: date | None
    customer_said: str | None
    ask_again_on: date | None
    step: str
    advice: Words | None


@result("joint_goals")
def joint(account: Account) -> Iterable[JointGoal]:
    """Return the goals that are joint or the customer's own, those that were declined too."""
    wanted = {each.row_id: each.goal for each in account.insights}
    for goal in account.goals:
        if goal.side not in ("joint", "customer"):
            continue
        step = _step(goal, account.today)
        # What we plan to ask is ours: the customer's edition holds the answer given, not our next move.
        is_ours = account.audience == "internal"
        advice = words.sentence(f"joint.{step}", day=words.day(goal.ask_again_on)) if is_ours else None
        yield JointGoal(
            goal.row_id, goal.title, goal.side, wanted.get(goal.insight_id or ""), goal.owner_id,
            goal.customer_owner_id, goal.customer_status, goal.customer_status_on, goal.customer_said,
            goal.ask_again_on, step, advice,
        )  # fmt: skip


def _step(goal: Goal, today: date) -> str:
    step = ask_state(goal.customer_status, goal.ask_again_on, today)
    is_whole = goal.customer_owner_id and goal.customer_status_on
    return "complete" if step == "hold" and not is_whole else step


def ask_state(status: str | None, ask_again_on: date | None, today: date) -> str:
    """Return what to do about a joint goal: a no stands unchanged until the agreed day (P25)."""
    if status == "confirmed":
        return "hold"
    if status == "declined":
        if ask_again_on is None:
            return "set_date"
        return "ask_again" if ask_again_on <= today else "wait"
    return "remind" if status in ("proposed", "changed") else "ask"


@result("unled_goals")
def unled(account: Account) -> Iterable[Goal]:
    """Return the goals that no initiative drives (S2.6): a stopped one drives nothing, a declined goal asks for none."""
    driven = {each.goal_id for each in account.initiatives if each.status != "stopped"}
    return [goal for goal in account.live_goals if goal.row_id not in driven]
