"""What is planned: initiatives, what each waits for, and the next steps of both sides (S3.4, 6.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kamlib import words
from kamlib.method.once import once
from kamlib.method.planning.customer import lacking
from kamlib.schema import Account, result
from kamlib.schema.plan import Initiative
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class PlannedWork(Initiative):
    """One initiative: the goal (title) that it serves, what it waits for, days late and what it lacks.

    `waits_for` (the step that must be done first and whether it holds) and `lacks` (owner, customer owner, date or goal
    that is missing) are ours: None in the customer's edition.
    """

    goal: str | None
    waits_for: Words | None
    days_late: int
    lacks: Words | None


@result("initiatives")
def initiatives(account: Account) -> Iterable[PlannedWork]:
    """Return the planned work, what is due first on top; done and stopped work comes last and is never late (S3.4)."""
    running = {each.row_id for each in account.open_initiatives}
    goals = {each.row_id: each.title for each in account.goals}
    for each in sorted(
        account.initiatives, key=lambda work: (work.row_id not in running, work.due_on or date.max)
    ):
        is_open = each.row_id in running
        is_told = account.audience != "customer"  # what is missing is our own reminder
        yield PlannedWork(
            **each.values(),
            goal=goals.get(each.goal_id or ""),
            waits_for=_waits_for(account, each) if is_told else None,
            days_late=account.days_late(each.due_on) if is_open else 0,
            lacks=lacking("initiative", each, _NEEDED) if is_told and is_open else None,
        )


_NEEDED = ("owner_id", "customer_owner_id", "due_on", "goal_id")


def _waits_for(account: Account, work: Initiative) -> Words | None:
    gate = gates(account)[work.row_id]
    if gate.state not in ("waiting", "blocked", "circle"):
        return None
    return words.joined([gate.waits_for or "", " (", words.label("step_gate", gate.state), ")"], "")


@dataclass(frozen=True)
class Gate:
    """What an initiative waits for: `waits_for` is a title.

    `state` is ready, waiting (for a step that still holds its day), blocked (that step is late, stopped, undated, later
    than this one, or blocked itself), circle (the steps wait for each other) or None for what is over. A step waited for
    that is not there holds nobody up.
    """

    waits_for: str | None
    state: str | None


@once
def gates(account: Account) -> dict[str, Gate]:
    """Return what each initiative waits for, by its row_id."""
    steps = {each.row_id: each for each in account.initiatives}
    before = {each.row_id: steps.get(each.depends_on_id or "") for each in account.initiatives}
    titles = {row_id: waited.title if waited else None for row_id, waited in before.items()}
    return {row_id: Gate(title, _state(account, row_id, steps)) for row_id, title in titles.items()}


def _state(account: Account, row_id: str, steps: Mapping[str, Initiative]) -> str | None:
    step = steps[row_id]
    before = steps.get(step.depends_on_id or "")
    if step not in account.open_initiatives:
        return None
    if _is_circle(row_id, steps):
        return "circle"
    if before is None or before.status == "done":
        return "ready"
    # An undated or stopped step, or one past its day, holds nothing.
    holds = before.status != "stopped" and before.due_on is not None and before.due_on >= account.today
    if not holds or (before.due_on and step.due_on and before.due_on > step.due_on):
        return "blocked"
    return "blocked" if _state(account, before.row_id, steps) in ("blocked", "circle") else "waiting"


def _is_circle(row_id: str, steps: Mapping[str, Initiative]) -> bool:
    seen, at = {row_id}, steps[row_id].depends_on_id or ""
    while at in steps and at not in seen:
        seen.add(at)
        at = steps[at].depends_on_id or ""
    return at == row_id


@dataclass(frozen=True)
class Step:
    """A next step, ours or theirs: an initiative or a promise that is not done, and who is to do it."""

    kind: str
    title: str
    doer_id: str | None
    due_on: date | None
    days_late: int


@once
def steps(account: Account) -> tuple[Step, ...]:
    """Return the next steps of both sides, the oldest date first, undated ones last (6.9)."""
    late = account.days_late
    found = [
        Step("initiative", each.title, each.owner_id, each.due_on, late(each.due_on))
        for each in account.open_initiatives
    ]
    found += [
        Step("promise", each.title, each.doer_id, each.due_on, late(each.due_on))
        for each in account.commitments
        if each.done_on is None
    ]
    return tuple(sorted(found, key=lambda step: step.due_on or date.max))
