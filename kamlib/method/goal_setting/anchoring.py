"""Who stands behind a goal, on our side and on theirs, and what drives it (S2.4-S2.6, P25)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib import words
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class Anchor(Goal):
    """A goal, and what it lacks to be anchored with us; an owner or sponsor who has left counts as missing (S2.4)."""

    lacks: Words | None


@result("anchoring")
def anchoring(account: Account) -> Iterable[Anchor]:
    """Return who stands behind each goal with us, and what is missing."""
    for goal in account.live_goals:
        gone = {name: None for name in ("owner_id", "sponsor_id") if account.has_left(getattr(goal, name))}
        known = goal.values() | gone
        lacking = [words.sentence(f"anchor.{name}") for name in _NEEDED if known[name] is None]
        yield Anchor(**known, lacks=words.listed(lacking) if lacking else None)


_NEEDED = ("owner_id", "sponsor_id", "signed_on", "kpi", "baseline", "target", "unit", "source")


@dataclass(frozen=True, kw_only=True)
class JointGoal(Goal):
    """A joint goal, or one of the customer's own that we follow: what they answered, and what to do about it (S2.5).

    `serves` is the customer's own goal behind it; `step` is ask, remind, hold, complete (a yes without its owner or
    day), wait, ask_again or set_date; `advice` says it in words (P25).
    """

    serves: str | None
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
        serves = wanted.get(goal.insight_id or "")
        yield JointGoal(**goal.values(), serves=serves, step=step, advice=advice)


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
