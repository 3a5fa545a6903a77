"""From the customer's goal to ours, its KPI, what drives it, who answers for it and when it was reviewed.

What hangs loose is listed in both directions: a customer's goal that nobody serves, and work or people of ours
that serve no goal (S2.6, S3.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from kamlib import words
from kamlib.method import relationships
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal, Insight, SquadMember
from kamlib.words import Words

#: What can hang loose, from the customer's side to ours.
LOOSE = (
    "unserved", "no_customer_goal", "no_kpi", "no_initiative", "no_owner", "no_review", "initiative_alone",
    "member_alone",
)  # fmt: skip


@dataclass(frozen=True)
class Chain:
    """A goal from the customer's own to our latest review since it was signed, and its gaps; or a goal unserved."""

    insight_id: str | None
    customer_goal: str | None
    goal_id: str | None = None
    title: str | None = None
    kpi: str | None = None
    initiatives: Words | None = None
    owner: str | Words | None = None
    reviewed_on: date | None = None
    gaps: Words | None = None


@result("goal_trace")
def trace(account: Account) -> Iterable[Chain]:
    """Return the goals in the order of the customer's priorities, and the customer's goals that are unserved.

    Empty in the customer's edition: it shows where we have no answer.
    """
    if account.audience == "customer":
        return
    wanted = _customer_goals(account)
    for insight in wanted:
        serving = [goal for goal in account.live_goals if goal.insight_id == insight.row_id]
        yield from (_chain(account, goal, insight) for goal in serving)
        if not serving:
            unserved = words.sentence("loose.unserved.gap")
            yield Chain(insight.row_id, insight.goal, gaps=unserved)
    known = {insight.row_id for insight in wanted}
    yield from (_chain(account, goal, None) for goal in account.live_goals if goal.insight_id not in known)


def _customer_goals(account: Account) -> list[Insight]:
    """The customer's own goals, the first priority first."""
    return sorted(account.insights, key=lambda each: (each.priority or 99, each.graded_on or date.max))


def _chain(account: Account, goal: Goal, insight: Insight | None) -> Chain:
    gaps = [words.sentence(f"loose.{kind}.gap") for kind in _gaps(account, goal)]
    return Chain(
        goal.insight_id, insight.goal if insight else None, goal.row_id, goal.title, goal.kpi,
        _driven(account, goal), _owner(account, goal), _reviewed_on(account, goal), words.listed(gaps) if gaps else None,
    )  # fmt: skip


def _owner(account: Account, goal: Goal) -> str | Words | None:
    if goal.owner_id is None:
        return None
    name = relationships.person_name(account, goal.owner_id)
    own = [each.function for each in account.squad_members if each.person_id == goal.owner_id]
    return _with_function(name, next(iter(own), None))


def _with_function(name: str | Words, function: str | None) -> str | Words:
    if function is None:
        return name
    return words.joined([name, " (", words.label("function", function), ")"], "")


def _gaps(account: Account, goal: Goal) -> list[str]:
    """What the goal's chain lacks; a money goal of our own need not serve a goal of the customer's."""
    is_linked = goal.insight_id in {each.row_id for each in account.insights}
    is_own_money = goal.goal_class == "financial" and goal.side == "ours"
    lacking = {
        "no_customer_goal": not is_linked and not is_own_money,
        "no_kpi": goal.kpi is None,
        "no_initiative": _driven(account, goal) is None,
        "no_owner": goal.owner_id is None or account.has_left(goal.owner_id),
        "no_review": _reviewed_on(account, goal) is None,
    }
    return [kind for kind, lacks in lacking.items() if lacks]


def _driven(account: Account, goal: Goal) -> Words | None:
    """The initiatives of a goal: how many, and the next to be done; nothing where none drives it."""
    steps = [each for each in account.initiatives if each.goal_id == goal.row_id and each.status != "stopped"]
    left = sorted((each for each in steps if each.status != "done"), key=lambda each: each.due_on or date.max)
    if not left:
        return words.sentence("trace.all_done", n=len(steps)) if steps else None
    day = words.day(left[0].due_on)
    return words.sentence("trace.driven", n=len(left), title=left[0].title, day=day)


def _reviewed_on(account: Account, goal: Goal) -> date | None:
    """The latest review held since the goal stood: signed, else measured for the first time."""
    held = [each.held_on for each in account.reviews if each.held_on <= account.today]
    born = goal.signed_on or goal.baseline_on
    return max((day for day in held if born is None or day >= born), default=None)


@dataclass(frozen=True)
class LooseEnd:
    """One thing that hangs loose (`kind`), and how to mend it."""

    kind: str
    what: str | Words
    advice: Words


@result("goal_orphans")
def orphans(account: Account) -> Iterable[LooseEnd]:
    """Return what hangs loose in either direction, from the customer's goals to our people.

    Empty in the customer's edition.
    """
    ends = [] if account.audience == "customer" else _loose(account)
    rows = [LooseEnd(kind, what, words.sentence(f"loose.{kind}.advice")) for kind, what in ends]
    return sorted(rows, key=lambda each: LOOSE.index(each.kind))


def _loose(account: Account) -> Iterator[tuple[str, str | Words]]:
    served = {goal.insight_id for goal in account.live_goals}
    for insight in _customer_goals(account):
        if insight.row_id not in served:
            yield "unserved", insight.goal
    for goal in account.live_goals:
        yield from ((kind, goal.title) for kind in _gaps(account, goal))
    goal_ids = {goal.row_id for goal in account.live_goals}
    for work in account.initiatives:
        if work.status in ("planned", "ongoing") and work.goal_id not in goal_ids:
            yield "initiative_alone", work.title
    yield from _members_alone(account, goal_ids)


def _members_alone(account: Account, goal_ids: set[str]) -> Iterator[tuple[str, str | Words]]:
    """Squad members who answer for no goal: as owner, sponsor, by work on an initiative, or by their function's KPI."""
    work = [each for each in account.initiatives if each.goal_id in goal_ids]
    work_ids = {each.row_id for each in work}
    busy = {person for goal in account.live_goals for person in (goal.owner_id, goal.sponsor_id)}
    busy |= {each.owner_id for each in work}
    busy |= {each.person_id for each in account.responsibilities if each.initiative_id in work_ids}
    parts = [each for each in account.shared_kpis if each.goal_id in goal_ids and each.part != "informed"]
    functions = {each.function for each in parts}
    for member in _once_each(account):
        if member.person_id in busy or account.has_left(member.person_id) or member.function in functions:
            continue
        name = relationships.person_name(account, member.person_id)
        yield "member_alone", _with_function(name, member.function)


def _once_each(account: Account) -> list[SquadMember]:
    """Each person of the squad by the first row."""
    first: dict[str, SquadMember] = {}
    for each in account.squad_members:
        first.setdefault(each.person_id, each)
    return list(first.values())
