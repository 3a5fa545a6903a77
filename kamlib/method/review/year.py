"""Next year's plan in draft: what four reviews say to keep, change or stop (S5.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kamlib import words
from kamlib.method.measures.periods import since
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal, Initiative
from kamlib.words import Words


@dataclass(frozen=True)
class NextYear:
    """A goal or an open initiative, and whether the draft keeps, changes or stops it."""

    kind: str
    title: str
    verdict: str
    reason: Words
    owner_id: str | None
    row_id: str


@result("next_year")
def next_year(account: Account, followed: Sequence[Any]) -> Iterable[NextYear]:
    """Return each goal and open initiative with its verdict, what to stop first.

    `followed` is goal_setting.progress of the account. It is a draft: people decide, with their own reason.
    """
    driven = {each.goal_id for each in account.open_initiatives}
    states = {each.row_id: each for each in followed}
    goals = [_goal(each, states.get(each.row_id), is_driven=each.row_id in driven) for each in account.goals]
    steps = [_initiative(each, account.days_late(each.due_on)) for each in account.open_initiatives]
    order = ("stop", "change", "keep")
    return sorted([*goals, *steps], key=lambda each: (each.kind, order.index(each.verdict)))


def _goal(goal: Goal, followed: Any, *, is_driven: bool) -> NextYear:
    verdict, reason = goal_verdict(
        followed.state if followed else "no_reading",
        declined=goal.customer_status == "declined",
        reached=followed is not None and followed.way is not None and followed.way >= 1,
        driven=is_driven,
    )
    told = words.sentence(f"next_year.{reason}")
    return NextYear("goal", goal.title, verdict, told, goal.owner_id, goal.row_id)


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


def _initiative(step: Initiative, late: int) -> NextYear:
    verdict = "stop" if late > 90 else "change" if late > 0 else "keep"
    reason = {"stop": "very_late", "change": "late", "keep": "runs"}[verdict]
    told = words.sentence(f"next_year.{reason}", days=late)
    return NextYear("initiative", step.title, verdict, told, step.owner_id, step.row_id)


def ground(account: Account) -> dict[str, object]:
    """Return what next year's draft stands on, as a sentence: internal reviews of the last year, of four (S5.4)."""
    year = since(account), account.today
    n = sum(each.kind == "internal" and year[0] <= each.held_on <= year[1] for each in account.reviews)
    return {"key": "review.ground" if n >= 4 else "review.ground.thin", "n": n}
